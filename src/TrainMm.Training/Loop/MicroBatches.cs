using TorchSharp;
using TrainMm.Core;

namespace TrainMm.Training.Loop;

/// <summary>Cuts a batch into parts that go through the model one after the other. Padding that no sample of a part needs is cut off too.</summary>
internal static class MicroBatches
{
    private const long Ignored = -100;

    /// <summary>The parts, in order; made as they are asked for, so that only one is in memory beside the batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="size">Samples of a part; the last may have fewer.</param>
    public static IEnumerable<Batch> Cut(Batch batch, int size)
    {
        if (size >= batch.Samples) return [batch];
        return Enumerable.Range(0, (batch.Samples + size - 1) / size).Select(part => Part(batch, part * size, Math.Min(size, batch.Samples - (part * size))));
    }

    private static Batch Part(Batch batch, int first, int count)
    {
        var mask = batch.AttentionMask.narrow(0, first, count);
        var length = mask.sum(1).max().item<long>();
        var labels = Cut(batch.Labels);
        return new Batch
        {
            Ids = Cut(batch.Ids),
            Labels = labels,
            AttentionMask = Cut(batch.AttentionMask),
            Positions = Cut(batch.Positions),
            Media = batch.Media.Select(pair => (pair.Key, Media: Part(pair.Value, batch.Ids.shape[1], first, count, length)))
                .Where(pair => pair.Media is not null)
                .ToDictionary(pair => pair.Key, pair => pair.Media!, StringComparer.Ordinal),
            MediaMask = batch.MediaMask is null ? null : Cut(batch.MediaMask),
            SupervisedTokens = labels.narrow(1, 1, length - 1).ne(Ignored).sum().item<long>(),
            Samples = count,
            SampleIds = [.. batch.SampleIds.Skip(first).Take(count)],
            SampleIndices = [.. batch.SampleIndices.Skip(first).Take(count)],
            Hash = batch.Hash,
        };

        torch.Tensor Cut(torch.Tensor tensor) => tensor.narrow(0, first, count).narrow(1, 0, length);
    }

    /// <summary>The media whose places are in the part's rows; null where there are none.</summary>
    private static MediaBatch? Part(MediaBatch media, long oldLength, int first, int count, long length)
    {
        var heads = media.Places.reshape(-1, media.TokensPerMedium).select(1, 0);                      // [I]
        var rows = heads.div(oldLength, torch.RoundingMode.floor);                                    // [I], each medium's sample
        var mine = rows.ge(first).logical_and(rows.lt(first + count)).nonzero().squeeze(-1);           // [I']
        if (mine.shape[0] == 0) return null;
        var places = media.Places.reshape(-1, media.TokensPerMedium).index_select(0, mine);            // [I', Q]
        var placeRows = places.div(oldLength, torch.RoundingMode.floor);
        var columns = places - (placeRows * oldLength);
        return new MediaBatch
        {
            Values = media.Values.index_select(0, mine),
            Places = (((placeRows - first) * length) + columns).reshape(-1),
            TokensPerMedium = media.TokensPerMedium,
        };
    }
}
