using static TorchSharp.torch;

namespace TrainMm.Core;

/// <summary>A batch's media of one modality, and the positions that they take in its samples.</summary>
public sealed class MediaBatch : IDisposable
{
    /// <summary>[I, ...] float32, as the encoder's media spec says.</summary>
    public required Tensor Values { get; init; }

    /// <summary>[I·Q] int64: flat positions in [B·T], in the order of the media.</summary>
    public required Tensor Places { get; init; }

    /// <summary>Q, the positions that each medium takes.</summary>
    public required int TokensPerMedium { get; init; }

    /// <summary>The same media on another device.</summary>
    public MediaBatch To(Device device) => new() { Values = Values.to(device), Places = Places.to(device), TokensPerMedium = TokensPerMedium };

    /// <inheritdoc/>
    public void Dispose()
    {
        Values.Dispose();
        Places.Dispose();
    }
}
