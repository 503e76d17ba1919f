using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels;

/// <summary>The attention of one decoder layer: kinds differ in how they make queries, keys and values.</summary>
/// <param name="name">The class name in messages.</param>
/// <param name="layer">The layer's number, from 0.</param>
internal abstract class DecoderAttention(string name, int layer) : NamedModule(name)
{
    /// <summary>[B, T, D] → [B, T, D], or [S, D] at the wanted positions.</summary>
    public abstract Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted);

    /// <summary>Attends to what the cache holds and to this call's tokens, and projects what comes of it.</summary>
    /// <param name="queries">[B, heads, T, d].</param>
    /// <param name="keys">[B, key heads, T, d].</param>
    /// <param name="values">[B, key heads, T, d].</param>
    /// <param name="output">heads · d → D.</param>
    /// <param name="pass">What every layer of the call shares.</param>
    /// <param name="onlyWanted">Whether only the wanted positions are projected.</param>
    /// <returns>[B, T, D], or [S, D].</returns>
    protected Tensor Mix(Tensor queries, Tensor keys, Tensor values, LinearLayer output, DecoderPass pass, bool onlyWanted)
    {
        if (pass.Cache is { } cache) (keys, values) = cache.Append(layer, keys, values);                        // [B, key heads, P + T, d]
        var mixed = Attention.Attend(queries, keys, values, pass.MaskOf(layer));                                // [B, T, heads · d]
        return onlyWanted ? output.Forward(pass.AtWanted(mixed), pass.WantedMediaRows) : output.Forward(mixed, pass.MediaRows);
    }
}
