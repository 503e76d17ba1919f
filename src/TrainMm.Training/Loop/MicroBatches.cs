using TorchSharp;
using TrainMm.Core;
using TrainMm.Data.Batching;

namespace TrainMm.Training.Loop;

/// <summary>A part of a batch.</summary>
/// <param name="Batch">The part as a batch of its own.</param>
/// <param name="Rows">The rows of the whole batch that its samples come from.</param>
internal sealed record MicroBatch(Batch Batch, IReadOnlyList<int> Rows);

/// <summary>
/// Cuts a batch into parts that go through the model one after the other. Side by side, samples of like length come into one part, and padding that no sample of a part needs is cut off,
/// so that several small parts cost less than one large one. Packed, a part is some rows of samples end to end, laid end to end themselves: it has no padding at all.
/// </summary>
internal static class MicroBatches
{
    private const long Ignored = -100;

    /// <summary>The parts, those of the fewest tokens first; made as they are asked for, so that only one is in memory beside the batch.</summary>
    /// <param name="batch">The batch, on the CPU, each sample in a row of its own.</param>
    /// <param name="size">Samples of a part, or packed rows; the last may have fewer.</param>
    /// <param name="packed">Tokens of a packed row; null: samples lie side by side.</param>
    public static IEnumerable<MicroBatch> Cut(Batch batch, int size, int? packed = null)
    {
        if (packed is null && size >= batch.Samples) return [new MicroBatch(batch, [.. Enumerable.Range(0, batch.Samples)])];
        var lengths = LengthsOf(batch);
        return Plan(lengths, size, packed).Select(rows => new MicroBatch(packed is null ? SideBySide(batch, rows, rows.Max(row => lengths[row])) : EndToEnd(batch, rows, lengths), rows));
    }

    /// <summary>What parts are made of: the batch's samples, or its packed rows.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="packed">Tokens of a packed row; null: samples lie side by side.</param>
    public static int UnitsOf(Batch batch, int? packed) => packed is { } capacity ? RowPacking.Rows(LengthsOf(batch), capacity).Count : batch.Samples;

    /// <summary>Positions that go through the language model, padding among them.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="size">Samples of a part, or packed rows.</param>
    /// <param name="packed">Tokens of a packed row; null: samples lie side by side.</param>
    public static long PositionsOf(Batch batch, int size, int? packed)
    {
        var lengths = LengthsOf(batch);
        return packed is null ? Plan(lengths, size, packed).Sum(rows => rows.Length * rows.Max(row => lengths[row])) : lengths.Sum();
    }

    private static long[] LengthsOf(Batch batch) => batch.AttentionMask.sum(1).data<long>().ToArray();

    /// <summary>The samples of each part.</summary>
    private static IEnumerable<int[]> Plan(long[] lengths, int size, int? packed) => packed is { } capacity
        ? RowPacking.Rows(lengths, capacity).Chunk(size).Select(rows => rows.SelectMany(row => row).ToArray())
        : Enumerable.Range(0, lengths.Length).OrderBy(row => lengths[row]).Chunk(size);

    private static Batch SideBySide(Batch batch, int[] rows, long length)
    {
        var chosen = torch.tensor([.. rows.Select(row => (long)row)]);
        return Part(batch, Pick(batch.Labels), new Places(batch.Ids.shape[1], rows, [.. rows.Select((_, i) => i * length)]), Pick);

        torch.Tensor Pick(torch.Tensor tensor) => tensor.index_select(0, chosen).narrow(1, 0, length).contiguous(); // [rows, length]
    }

    private static Batch EndToEnd(Batch batch, int[] rows, long[] lengths)
    {
        var old = batch.Ids.shape[1];
        long[] own = [.. rows.Select(row => lengths[row])];
        var starts = new long[rows.Length];
        for (var i = 1; i < rows.Length; i++) starts[i] = starts[i - 1] + own[i - 1];
        var cells = torch.tensor([.. rows.SelectMany((row, i) => Enumerable.Range(0, (int)own[i]), (row, t) => (row * old) + t)]); // [N]
        // Nothing foretells a sample's first token, least of all the sample before it.
        var labels = Pick(batch.Labels).index_fill(1, torch.tensor(starts), Ignored);
        return Part(batch, labels, new Places(old, rows, starts), Pick) with { Sequences = own };

        torch.Tensor Pick(torch.Tensor tensor) => tensor.reshape(-1).index_select(0, cells).unsqueeze(0);                         // [1, N]
    }

    private static Batch Part(Batch batch, torch.Tensor labels, Places places, Func<torch.Tensor, torch.Tensor> pick)
    {
        var chosen = torch.tensor([.. places.Rows.Select(row => (long)row)]);
        return new Batch
        {
            Ids = pick(batch.Ids),
            Labels = labels,
            AttentionMask = pick(batch.AttentionMask),
            Positions = pick(batch.Positions),
            Media = batch.Media.Select(pair => (pair.Key, Media: Part(pair.Value, places)))
                .Where(pair => pair.Media is not null)
                .ToDictionary(pair => pair.Key, pair => pair.Media!, StringComparer.Ordinal),
            Signals = batch.Signals.Select(pair => (pair.Key, Signals: Part(pair.Value, places)))
                .Where(pair => pair.Signals is not null)
                .ToDictionary(pair => pair.Key, pair => pair.Signals!, StringComparer.Ordinal),
            MediaMask = batch.MediaMask is null ? null : pick(batch.MediaMask),
            Captions = batch.Captions.ToDictionary(pair => pair.Key, pair => pair.Value.At(chosen)),
            SupervisedTokens = labels.narrow(1, 1, labels.shape[1] - 1).ne(Ignored).sum().item<long>(),
            Samples = places.Rows.Length,
            SampleIds = [.. places.Rows.Select(row => batch.SampleIds[row])],
            SampleIndices = [.. places.Rows.Select(row => batch.SampleIndices[row])],
            Hash = batch.Hash,
        };
    }

    /// <summary>The media whose places are in the part's rows; null where there are none.</summary>
    private static MediaBatch? Part(MediaBatch media, Places places)
    {
        var spans = media.Places.data<long>().ToArray().Chunk(media.TokensPerMedium).ToArray();
        var mine = Enumerable.Range(0, spans.Length).Where(medium => places.Has(spans[medium][0])).ToArray();
        if (mine.Length == 0) return null;
        var chosen = torch.tensor([.. mine.Select(medium => (long)medium)]);
        return new MediaBatch
        {
            Values = media.Values.index_select(0, chosen),                                             // [I', ...]
            Places = torch.tensor([.. mine.SelectMany(medium => spans[medium].Select(places.Of))]),    // [I'·Q]
            TokensPerMedium = media.TokensPerMedium,
            Keys = [.. mine.Select(medium => media.Keys[medium])],
            Features = media.Features?.index_select(0, chosen),                                        // [I', N, De]
            Instructions = media.Instructions?.At(chosen),
        };
    }

    /// <summary>The media to be made of the part's rows, in their order; null where there are none.</summary>
    private static SignalBatch? Part(SignalBatch signals, Places places)
    {
        var newRow = places.Rows.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        var mine = Enumerable.Range(0, signals.Count).Where(medium => newRow.ContainsKey(signals.Rows[medium])).OrderBy(medium => newRow[signals.Rows[medium]]).ToArray();
        if (mine.Length == 0) return null;
        var spans = signals.Places.data<long>().ToArray().Chunk(signals.TokensPerMedium).ToArray();
        var chosen = torch.tensor([.. mine.Select(medium => (long)medium)]);
        return new SignalBatch
        {
            Places = torch.tensor([.. mine.SelectMany(medium => spans[medium].Select(places.Of))]),    // [G'·S]
            TokensPerMedium = signals.TokensPerMedium,
            Rows = [.. mine.Select(medium => newRow[signals.Rows[medium]])],
            Captions = signals.Captions.index_select(0, chosen),                                       // [G', Tc]
            EmptyCaption = signals.EmptyCaption.alias(),
            Targets = signals.Targets?.index_select(0, chosen),                                        // [G', ...]
        };
    }

    /// <summary>Where a part's samples were, and where they are.</summary>
    /// <param name="length">T of the whole batch.</param>
    /// <param name="rows">The samples' rows in the whole batch.</param>
    /// <param name="starts">The flat index of each one's first token in the part.</param>
    private sealed class Places(long length, int[] rows, long[] starts)
    {
        private readonly Dictionary<long, long> startOf = rows.Zip(starts).ToDictionary(pair => (long)pair.First, pair => pair.Second);

        public int[] Rows => rows;

        /// <summary>Whether a flat index into the whole batch is in the part.</summary>
        public bool Has(long place) => startOf.ContainsKey(place / length);

        /// <summary>A flat index into the whole batch → the same token's in the part.</summary>
        public long Of(long place) => startOf[place / length] + (place % length);
    }
}
