using System.Collections.Concurrent;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Manifests;
using TrainMm.Data.Media;

namespace TrainMm.Data.Batching;

/// <summary>
/// A source's media, decoded and resized. The first to come stay in memory up to a cap: every epoch asks for every medium once, so that dropping the oldest would drop each
/// just before it is asked for again. Thread-safe.
/// </summary>
internal sealed class PreparedMedia
{
    private readonly ConcurrentDictionary<MediumReference, byte[]> kept = new();
    private readonly Dictionary<string, IMediaPreprocessor> preprocessors;
    private readonly ISampleSource source;
    private readonly long capacity;
    private long used;

    internal PreparedMedia(ISampleSource source, IReadOnlyDictionary<string, MediumLayout> layouts, BatchOptions options)
    {
        this.source = source;
        capacity = options.MediaCacheBytes;
        preprocessors = layouts.ToDictionary(pair => pair.Key, pair => MediaPreprocessor.For(pair.Value.Spec, options.Images), StringComparer.Ordinal);
    }

    internal IMediaPreprocessor PreprocessorOf(string modality) => preprocessors[modality];

    /// <summary>A medium in its preprocessor's compact form.</summary>
    /// <param name="medium">The medium.</param>
    /// <param name="instruction">Ids of the instruction that goes with it.</param>
    /// <exception cref="DataException">The medium is missing or cannot be used.</exception>
    internal PreparedMedium Get(MediumReference medium, int[] instruction)
    {
        var origin = source.OriginOf(medium);
        return new PreparedMedium(origin, Content(medium, origin), instruction);
    }

    private byte[] Content(MediumReference medium, string origin)
    {
        if (kept.TryGetValue(medium, out var known)) return known;
        var prepared = preprocessors[medium.Modality].Prepare(source.ReadMedium(medium), origin);
        if (Interlocked.Add(ref used, prepared.Length) <= capacity && kept.TryAdd(medium, prepared)) return prepared;
        Interlocked.Add(ref used, -prepared.Length);
        return prepared;
    }
}
