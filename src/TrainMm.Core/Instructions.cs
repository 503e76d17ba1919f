using static TorchSharp.torch;

namespace TrainMm.Core;

/// <summary>The instruction that goes with each medium, for projectors that read it beside the features; tokenised for the projector, not for the language model.</summary>
/// <param name="Ids">[I, T] int64.</param>
/// <param name="Mask">[I, T] bool, true at a real token.</param>
public sealed record Instructions(Tensor Ids, Tensor Mask) : IDisposable
{
    /// <summary>The same instructions on another device.</summary>
    public Instructions To(Device device) => new(Ids.to(device), Mask.to(device));

    /// <inheritdoc/>
    public void Dispose()
    {
        Ids.Dispose();
        Mask.Dispose();
    }
}
