using static TorchSharp.torch;

namespace TrainMm.Core;

/// <summary>A batch's media of one modality that are to be made, in the order of their places.</summary>
public sealed class SignalBatch : IDisposable
{
    /// <summary>[G·S] int64: the signal tokens' flat positions in [B·T].</summary>
    public required Tensor Places { get; init; }

    /// <summary>S, the tokens of each medium.</summary>
    public required int TokensPerMedium { get; init; }

    /// <summary>[G] the sample that each is of.</summary>
    public required IReadOnlyList<int> Rows { get; init; }

    /// <summary>[G, Tc] int64: each medium's caption in the ids of the generator's tokenizers, one after the other.</summary>
    public required Tensor Captions { get; init; }

    /// <summary>[1, Tc] int64: the empty caption.</summary>
    public required Tensor EmptyCaption { get; init; }

    /// <summary>[G, ...] float32, the media themselves as the generator's media spec says; null where the run does not need them.</summary>
    public Tensor? Targets { get; init; }

    /// <summary>G.</summary>
    public int Count => Rows.Count;

    /// <summary>For each medium how many of its sample and modality stand before it.</summary>
    public IReadOnlyList<int> Ordinals => [.. Rows.Select((row, i) => Rows.Take(i).Count(other => other == row))];

    /// <summary>[G, Tc] int64: the captions, the empty one where a condition is left out.</summary>
    /// <param name="dropped">[G] bool.</param>
    public Tensor CaptionsBut(Tensor dropped) => where(dropped.unsqueeze(1), EmptyCaption, Captions);

    /// <summary>The same media on another device.</summary>
    public SignalBatch To(Device device) => new()
    {
        Places = Places.to(device),
        TokensPerMedium = TokensPerMedium,
        Rows = Rows,
        Captions = Captions.to(device),
        EmptyCaption = EmptyCaption.to(device),
        Targets = Targets?.to(device),
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        Places.Dispose();
        Captions.Dispose();
        EmptyCaption.Dispose();
        Targets?.Dispose();
    }
}
