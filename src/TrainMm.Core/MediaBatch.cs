using TorchSharp;
using static TorchSharp.torch;

namespace TrainMm.Core;

/// <summary>A batch's media of one modality, and the positions that they take in its samples.</summary>
public sealed record MediaBatch : IDisposable
{
    /// <summary>[I, ...] float32, as the encoder's media spec says.</summary>
    public required Tensor Values { get; init; }

    /// <summary>[I·Q] int64: flat positions in [B·T], in the order of the media.</summary>
    public required Tensor Places { get; init; }

    /// <summary>Q, the positions that each medium takes.</summary>
    public required int TokensPerMedium { get; init; }

    /// <summary>[I] what each medium is: media of a modality with the same key are the same.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary>[I, N, De] what the encoder made of the values, where that is known already; null where it has yet to run.</summary>
    public Tensor? Features { get; init; }

    /// <summary>The instruction that goes with each medium, for a projector that reads it; null where none does.</summary>
    public Instructions? Instructions { get; init; }

    /// <summary>The same media on another device.</summary>
    public MediaBatch To(Device device) => this with
    {
        Values = Values.to(device, non_blocking: device.type == DeviceType.CUDA),
        Places = Places.to(device),
        Features = Features?.to(device, non_blocking: device.type == DeviceType.CUDA),
        Instructions = Instructions?.To(device),
    };

    /// <summary>The same media in memory from which a GPU copies while it computes; these go.</summary>
    internal MediaBatch Pinned()
    {
        using var values = Values;
        using var features = Features;
        return this with { Values = values.pin_memory(), Features = features?.pin_memory() };
    }

    /// <summary>The same media with their features.</summary>
    /// <param name="features">[I, N, De].</param>
    public MediaBatch With(Tensor features) => this with { Features = features };

    /// <inheritdoc/>
    public void Dispose()
    {
        Values.Dispose();
        Places.Dispose();
        Features?.Dispose();
        Instructions?.Dispose();
    }
}
