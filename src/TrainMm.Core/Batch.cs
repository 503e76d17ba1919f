using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Core;

/// <summary>Samples as the model takes them: side by side, right padded to the longest, or packed end to end in one row without padding.</summary>
public sealed record Batch : IDisposable
{
    /// <summary>[B, T] int64; a medium's positions and the padding hold a filler id.</summary>
    public required Tensor Ids { get; init; }

    /// <summary>[B, T] int64, not shifted; −100 where a position is not supervised.</summary>
    public required Tensor Labels { get; init; }

    /// <summary>[B, T] bool, true at a real token.</summary>
    public required Tensor AttentionMask { get; init; }

    /// <summary>[B, T] int64, each token's position in its sample.</summary>
    public required Tensor Positions { get; init; }

    /// <summary>
    /// The samples' lengths where they stand end to end in the only row, in the order of <see cref="SampleIds"/>: no token sees another sample's, positions begin anew in each, and the first label of each is −100.
    /// null: each sample has a row of its own.
    /// </summary>
    public IReadOnlyList<long>? Sequences { get; init; }

    /// <summary>The media by modality; empty for text alone.</summary>
    public required IReadOnlyDictionary<string, MediaBatch> Media { get; init; }

    /// <summary>The media that the answers make, by modality; empty where none is made.</summary>
    public IReadOnlyDictionary<string, SignalBatch> Signals { get; init; } = new Dictionary<string, SignalBatch>(StringComparer.Ordinal);

    /// <summary>[B, T] bool, true at every medium's position (partial LoRA, visual expert); null without media.</summary>
    public Tensor? MediaMask { get; init; }

    /// <summary>Each sample's answer for those that read it beside the language model, [B, T'] each, by what they want to be given; empty where nobody does.</summary>
    public IReadOnlyDictionary<InstructionSpec, Instructions> Captions { get; init; } = new Dictionary<InstructionSpec, Instructions>();

    /// <summary>Targets after the shift.</summary>
    public required long SupervisedTokens { get; init; }

    /// <summary>B where each sample has a row of its own.</summary>
    public required int Samples { get; init; }

    /// <summary>Each sample's id in its data set.</summary>
    public required IReadOnlyList<string> SampleIds { get; init; }

    /// <summary>Each sample's index in its data set.</summary>
    public required IReadOnlyList<int> SampleIndices { get; init; }

    /// <summary>SHA-256, in hexadecimal, of the samples' ids and token ids.</summary>
    public required string Hash { get; init; }

    /// <summary>The same batch on another device; the tensors that lie there already are shared.</summary>
    public Batch To(Device device) => this with
    {
        Ids = Ids.to(device),
        Labels = Labels.to(device),
        AttentionMask = AttentionMask.to(device),
        Positions = Positions.to(device),
        Media = Media.ToDictionary(pair => pair.Key, pair => pair.Value.To(device), StringComparer.Ordinal),
        Signals = Signals.ToDictionary(pair => pair.Key, pair => pair.Value.To(device), StringComparer.Ordinal),
        MediaMask = MediaMask?.to(device),
        Captions = Captions.ToDictionary(pair => pair.Key, pair => pair.Value.To(device)),
    };

    /// <summary>The same batch with its media in memory from which a GPU copies while it computes; it stands in place of this one.</summary>
    public Batch Pinned() => With(Media.ToDictionary(pair => pair.Key, pair => pair.Value.Pinned(), StringComparer.Ordinal));

    /// <summary>The same samples with other media in the same places; all else is shared.</summary>
    public Batch With(IReadOnlyDictionary<string, MediaBatch> media) => this with { Media = media };

    /// <inheritdoc/>
    public void Dispose()
    {
        Ids.Dispose();
        Labels.Dispose();
        AttentionMask.Dispose();
        Positions.Dispose();
        MediaMask?.Dispose();
        foreach (var media in Media.Values) media.Dispose();
        foreach (var signals in Signals.Values) signals.Dispose();
        foreach (var caption in Captions.Values) caption.Dispose();
    }
}
