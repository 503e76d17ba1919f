using static TorchSharp.torch;

namespace TrainMm.Core.Roles;

/// <summary>
/// What a fusion does within the decoder's layers in one call, and in those that continue it: it comes with <see cref="DecoderInput.Fusion"/>, and the language model asks it at the places below.
/// The language model itself is built and kept without it. What a fusion does not override leaves the language model as it is.
/// </summary>
public interface ILayerFusion
{
    /// <summary>What a layer is given: [B, T, D] → [B, T, D].</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="states">[B, T, D], what came out of the layer before.</param>
    /// <param name="past">P, the positions that the cache holds before these.</param>
    Tensor BeforeLayer(int layer, Tensor states, int past) => states;

    /// <summary>What is added to a layer's attention before its last projection: [B, T, heads · d], or null for nothing.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="queries">[B, heads, T, d].</param>
    /// <param name="memory">The layer's own keys and values, [B, key heads, K, d], of [B, K, D] that stand outside the text and so have no positions.</param>
    Tensor? BesideAttention(int layer, Tensor queries, Func<Tensor, (Tensor Keys, Tensor Values)> memory) => null;

    /// <summary>What a linear layer gives, with the media's rows replaced or left: [..., out] → [..., out]. Asked only where <see cref="IFusion.NeedsMediaMask"/> is true and there are media.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="input">[..., in].</param>
    /// <param name="output">[..., out], what the layer gave.</param>
    /// <param name="mediaRows">[M] int64, which of the rows are media's.</param>
    Tensor AtMedia(LinearLayer layer, Tensor input, Tensor output, Tensor mediaRows) => output;
}
