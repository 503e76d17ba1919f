using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels;

/// <summary>What a decoder layer does to each position by itself.</summary>
/// <param name="name">The class name in messages.</param>
internal abstract class DecoderFeedForward(string name) : NamedModule(name)
{
    /// <summary>[B, T, D] → [B, T, D], or [S, D] → [S, D].</summary>
    /// <param name="x">[B, T, D], or [S, D] at the wanted positions.</param>
    /// <param name="pass">What every layer of the call shares.</param>
    /// <param name="mediaRows">The media's positions in x; null where neither adapter nor fusion asks for them.</param>
    public abstract Tensor Forward(Tensor x, DecoderPass pass, MediaRows? mediaRows);
}
