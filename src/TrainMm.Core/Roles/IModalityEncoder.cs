using static TorchSharp.torch;

namespace TrainMm.Core.Roles;

/// <summary>Turns media of one modality into features.</summary>
public interface IModalityEncoder : IDisposable
{
    /// <summary>What a medium must be brought to.</summary>
    MediaSpec Input { get; }

    /// <summary>What comes out for one medium.</summary>
    FeatureSpec Output { get; }

    /// <summary>The parameters, under their official names.</summary>
    nn.Module Module { get; }

    /// <summary>[I, ...] float32 → [I, N, De] in the run's element type.</summary>
    Tensor Encode(Tensor media);
}
