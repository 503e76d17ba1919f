using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TrainMm.Models.Layers.Quantised;

/// <summary>Bytes of a quantised weight. As a parameter they are hashed and counted with all others.</summary>
/// <param name="data">The bytes; they are taken over.</param>
/// <param name="elements">How many numbers of the published weight they stand for; 0 for scales.</param>
public sealed class QuantisedParameter(Tensor data, long elements) : Parameter(data, requires_grad: false)
{
    /// <summary>How many numbers of the published weight they stand for.</summary>
    public long Elements { get; } = elements;
}
