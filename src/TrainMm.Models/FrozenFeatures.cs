using System.Collections.Concurrent;
using TorchSharp;
using TrainMm.Core;
using TrainMm.Core.Kept;
using static TorchSharp.torch;

namespace TrainMm.Models;

/// <summary>
/// What frozen encoders made of media: in the host's memory while there is room, and on disk where there are stores; each medium is encoded once. Thread-safe but for <see cref="Complete(Batch)"/>, which one thread at a time calls.
/// </summary>
/// <param name="model">The encoders.</param>
/// <param name="capacity">Bytes to keep in memory at most.</param>
public sealed class FrozenFeatures(MultimodalModel model, long capacity) : IDisposable
{
    /// <summary>Media that an encoder takes at once, at most. It is the same for every run, since features depend on it in their last bits; no graph is kept, so it need not be a micro-batch's.</summary>
    public const int MediaAtOnce = 64;

    /// <summary>What it takes at once, at most, where media are large: the numbers of 64 pictures of 224 × 224 pixels.</summary>
    private const long ValuesAtOnce = 64L * 3 * 224 * 224;

    /// <summary>Media between two questions whether to give up, where each is encoded by itself.</summary>
    private const int SoloMedia = 8;

    /// <summary>Bytes that are kept in memory where nobody says otherwise: 2 GiB.</summary>
    public const long DefaultCapacity = 2L << 30;

    private readonly Lock keeping = new();
    private readonly Dictionary<(string Modality, string Key), Tensor> kept = [];
    private readonly ConcurrentDictionary<(string Modality, string Key), TensorKey> contents = new();
    private readonly Dictionary<string, SoloEncoder> solo = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether each medium goes through the encoder by itself, on one thread of a processor: then its features have the same bits in every run, whatever stood beside it and however many threads there are.
    /// Otherwise they depend, in their last bits, on what was encoded beside it, and who wants the same bits again asks for the same media in the same order.
    /// </summary>
    public bool OneByOne { get; init; }

    /// <summary>Modality → where its features are kept on disk; only what is encoded one by one can be.</summary>
    public IReadOnlyDictionary<string, TensorStore> Stores { get; init; } = new Dictionary<string, TensorStore>(StringComparer.Ordinal);

    /// <summary>Bytes that are kept in memory.</summary>
    public long Bytes { get; private set; }

    /// <summary>Media that are kept in memory.</summary>
    public int Count
    {
        get
        {
            lock (keeping) return kept.Count;
        }
    }

    /// <summary>Media that were encoded.</summary>
    public long Encoded { get; private set; }

    /// <summary>Bytes that a medium's features take.</summary>
    public static long BytesPerMedium(MultimodalModel model) => model.Modalities.Values.Where(path => path.IsEncoderFrozen)
        .Select(path => (long)path.Encoder.Output.Tokens * path.Encoder.Output.Width * model.Dtype.ElementSize()).DefaultIfEmpty().Max();

    /// <summary>The batch with the features of those media whose encoder is frozen. The features are in the caller's scope; all else is shared with the batch.</summary>
    /// <param name="batch">On the CPU; media whose features it has are left as they are.</param>
    public Batch Complete(Batch batch) => Complete(batch, giveUp: null)!;

    /// <summary>As <see cref="Complete(Batch)"/>; null where it was given up.</summary>
    /// <param name="batch">On the CPU; media whose features it has are left as they are.</param>
    /// <param name="giveUp">Asked before some media are encoded; null: never.</param>
    public Batch? Complete(Batch batch, Func<bool>? giveUp)
    {
        var completed = new Dictionary<string, MediaBatch>(batch.Media, StringComparer.Ordinal);
        foreach (var (modality, media) in batch.Media.Where(pair => IsWanted(pair.Key, pair.Value)))
        {
            if (Complete(modality, media, giveUp) is not { } whole) return null;
            completed[modality] = whole;
        }

        return batch.Media.Any(pair => !ReferenceEquals(completed[pair.Key], pair.Value)) ? batch.With(completed) : batch;
    }

    /// <summary>The batch with the features of the modalities all of whose media are known already, for a thread that is ahead of the step; nothing is encoded.</summary>
    /// <param name="batch">On the CPU.</param>
    /// <returns>In place of the batch: it holds the batch's tensors and, until it is disposed, the features.</returns>
    public Batch Recall(Batch batch) =>
        batch.With(batch.Media.ToDictionary(pair => pair.Key, pair => IsWanted(pair.Key, pair.Value) && Recalled(pair.Key, pair.Value) is { } features ? pair.Value.With(features) : pair.Value, StringComparer.Ordinal));

    /// <summary>Media of this shape that an encoder takes at once.</summary>
    internal static int AtOnce(IEnumerable<long> shape) => (int)Math.Clamp(ValuesAtOnce / shape.Aggregate(1L, (count, side) => count * side), 1, MediaAtOnce);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var encoder in solo.Values) encoder.Dispose();
        foreach (var features in kept.Values) features.Dispose();
        kept.Clear();
    }

    private bool IsWanted(string modality, MediaBatch media) => media.Features is null && model.Modalities[modality].IsEncoderFrozen;

    private MediaBatch? Complete(string modality, MediaBatch media, Func<bool>? giveUp)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var known = new Dictionary<string, Tensor?>(StringComparer.Ordinal);
        var missing = new List<int>();
        for (var i = 0; i < media.Keys.Count; i++)
        {
            if (known.ContainsKey(media.Keys[i])) continue;
            var features = Find(modality, media, i);
            if (features is null) missing.Add(i);
            known[media.Keys[i]] = features;
        }

        foreach (var some in missing.Chunk(OneByOne ? SoloMedia : AtOnce(media.Values.shape[1..])))
        {
            if (giveUp?.Invoke() == true) return null;
            Encode(modality, media, some, known);
        }

        return media.With(stack([.. media.Keys.Select(key => known[key]!)]).MoveToOuterDisposeScope()); // [I, N, De]
    }

    private Tensor? Recalled(string modality, MediaBatch media)
    {
        using var scope = NewDisposeScope();
        var known = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        if (!Enumerable.Range(0, media.Keys.Count).All(i => IsKnown(modality, media, i))) return null;
        for (var i = 0; i < media.Keys.Count; i++)
        {
            if (known.ContainsKey(media.Keys[i])) continue;
            if (Find(modality, media, i) is not { } features) return null;
            known[media.Keys[i]] = features;
        }

        return stack([.. media.Keys.Select(key => known[key])]).DetachFromDisposeScope();                // [I, N, De]
    }

    private bool IsKnown(string modality, MediaBatch media, int at)
    {
        lock (keeping)
        {
            if (kept.ContainsKey((modality, media.Keys[at]))) return true;
        }

        return Stores.TryGetValue(modality, out var store) && store.Contains(ContentOf(modality, media, at));
    }

    /// <summary>A medium's features from memory or disk: [N, De], or null.</summary>
    private Tensor? Find(string modality, MediaBatch media, int at)
    {
        lock (keeping)
        {
            if (kept.TryGetValue((modality, media.Keys[at]), out var features)) return features;
        }

        return Stores.TryGetValue(modality, out var store) && store.Find(ContentOf(modality, media, at)) is { } found ? Keep(modality, media.Keys[at], found) : null;
    }

    private void Encode(string modality, MediaBatch media, int[] some, Dictionary<string, Tensor?> known)
    {
        using var scope = NewDisposeScope();
        var values = media.Values.index_select(0, tensor([.. some.Select(medium => (long)medium)]));    // [M, ...]
        var encoded = OneByOne ? SoloFor(modality).Encode(values) : model.Modalities[modality].Encode(values.to(model.Device)).cpu(); // [M, N, De]
        Encoded += some.Length;
        for (var i = 0; i < some.Length; i++)
        {
            var key = media.Keys[some[i]];
            var features = encoded.select(0, i).clone();                                                // [N, De]
            if (Stores.TryGetValue(modality, out var store)) store.Add(ContentOf(modality, media, some[i]), features);
            known[key] = Keep(modality, key, features);
        }
    }

    /// <summary>Keeps features in memory where there is room; else they are the caller's scope's.</summary>
    private Tensor Keep(string modality, string key, Tensor features)
    {
        var bytes = features.numel() * features.element_size();
        lock (keeping)
        {
            if (Bytes + bytes > capacity || !kept.TryAdd((modality, key), features)) return features.MoveToOuterDisposeScope();
            Bytes += bytes;
        }

        return features.DetachFromDisposeScope();
    }

    private SoloEncoder SoloFor(string modality)
    {
        if (!solo.TryGetValue(modality, out var encoder)) solo[modality] = encoder = new SoloEncoder(model.Modalities[modality], model.Device);
        return encoder;
    }

    /// <summary>What the medium is, by its prepared values: another way of preparing it gives another key.</summary>
    private TensorKey ContentOf(string modality, MediaBatch media, int at) => contents.GetOrAdd((modality, media.Keys[at]), _ =>
    {
        using var values = media.Values.select(0, at);
        using var contiguous = values.contiguous();
        return TensorKey.Of("features", contiguous);
    });
}
