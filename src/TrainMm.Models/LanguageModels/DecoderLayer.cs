using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels;

/// <summary>One layer of a decoder.</summary>
/// <param name="name">The class name in messages.</param>
internal abstract class DecoderLayer(string name) : NamedModule(name)
{
    /// <summary>[B, T, D] → [B, T, D], or [S, D] at the wanted positions.</summary>
    /// <param name="x">[B, T, D].</param>
    /// <param name="pass">What every layer of the call shares.</param>
    /// <param name="onlyWanted">Whether what follows the attention is computed at the wanted positions alone.</param>
    public abstract Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted);

    /// <summary>The layers of a decoder, in the place of its list.</summary>
    public static ModuleList<DecoderLayer> List(int count, Func<int, DecoderLayer> make) => new([.. Enumerable.Range(0, count).Select(make)]);

    /// <summary>All layers, one after the other: [B, T, D] → [B, T, D], or [S, D] at the wanted positions.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="x">[B, T, D], what the first layer is given.</param>
    /// <param name="pass">What every layer of the call shares.</param>
    /// <param name="input">What the caller said.</param>
    public static Tensor Run(ModuleList<DecoderLayer> layers, Tensor x, DecoderPass pass, DecoderInput input)
    {
        var length = (int)x.shape[1];
        input.Observe?.Invoke(0, x);
        for (var i = 0; i < layers.Count; i++)
        {
            if (pass.Fusion is { } fusion) x = fusion.BeforeLayer(i, x, input.Cache?.Length ?? 0);
            var (layer, onlyWanted) = (layers[i], pass.Wanted is not null && i == layers.Count - 1);
            x = input.Recomputation.Covers(i) ? ActivationCheckpoint.Run(states => layer.Forward(states, pass, onlyWanted), x) : layer.Forward(x, pass, onlyWanted);
            input.Observe?.Invoke(i + 1, x);
        }

        input.Cache?.Advance(length);
        return x;
    }
}
