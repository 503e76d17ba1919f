using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Data.Manifests;
using TrainMm.Data.Media;
using static TorchSharp.torch;

namespace TrainMm.Data.Batching;

/// <summary>
/// A source's media, decoded and resized. The first to come stay in memory up to a cap: every epoch asks for every medium once, so that dropping the oldest would drop each
/// just before it is asked for again. Thread-safe.
/// </summary>
internal sealed class PreparedMedia
{
    private readonly ConcurrentDictionary<MediumReference, ReadOnlyMemory<byte>> kept = new();
    private readonly NativeShelf shelf = new();
    private readonly Dictionary<string, IMediaPreprocessor> preprocessors;
    private readonly ISampleSource source;
    private readonly long capacity;
    private long used;

    internal PreparedMedia(ISampleSource source, IReadOnlyDictionary<string, MediaSpec> specs, BatchOptions options)
    {
        this.source = source;
        capacity = options.MediaCacheBytes;
        preprocessors = specs.ToDictionary(pair => pair.Key, pair => MediaPreprocessor.For(pair.Value, options.Images), StringComparer.Ordinal);
    }

    /// <summary>Media of one modality side by side, [I, ...] float32.</summary>
    internal Tensor Stack(string modality, IReadOnlyList<PreparedMedium> items)
    {
        var preprocessor = preprocessors[modality];
        var values = empty([items.Count, .. preprocessor.Shape], ScalarType.Float32);
        var floats = MemoryMarshal.Cast<byte, float>(values.bytes);
        var size = floats.Length / items.Count;
        for (var i = 0; i < items.Count; i++) preprocessor.Expand(items[i].Content.Span, floats.Slice(i * size, size));
        GC.KeepAlive(items);
        return values;
    }

    /// <summary>A medium in its preprocessor's compact form.</summary>
    /// <param name="medium">The medium.</param>
    /// <param name="instruction">Ids of the instruction that goes with it.</param>
    /// <exception cref="DataException">The medium is missing or cannot be used.</exception>
    internal PreparedMedium Get(MediumReference medium, int[] instruction)
    {
        var origin = source.OriginOf(medium);
        return new PreparedMedium(origin, Content(medium, origin), instruction);
    }

    private ReadOnlyMemory<byte> Content(MediumReference medium, string origin)
    {
        if (kept.TryGetValue(medium, out var known)) return known;
        var prepared = preprocessors[medium.Modality].Prepare(source.ReadMedium(medium), origin);
        if (Interlocked.Add(ref used, prepared.Length) <= capacity && kept.TryAdd(medium, shelf.Keep(prepared))) return prepared;
        Interlocked.Add(ref used, -prepared.Length);
        return prepared;
    }
}
