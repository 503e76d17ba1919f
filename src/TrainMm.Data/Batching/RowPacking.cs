namespace TrainMm.Data.Batching;

/// <summary>Puts samples into rows of a limited length by best fit decreasing (Johnson, Near-Optimal Bin Packing Algorithms, MIT 1973): the longest first, each into the fullest row that still takes it.</summary>
public static class RowPacking
{
    /// <summary>The rows; a pure function of the lengths, ties going to what stands first.</summary>
    /// <param name="lengths">The samples' tokens.</param>
    /// <param name="capacity">Tokens of a row; a longer sample has a row of its own.</param>
    /// <returns>Each row's samples in their order; the rows by their tokens, the emptiest first.</returns>
    public static IReadOnlyList<int[]> Rows(IReadOnlyList<long> lengths, long capacity)
    {
        ArgumentNullException.ThrowIfNull(lengths);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        var rows = new List<(List<int> Samples, long Tokens)>();
        foreach (var sample in Enumerable.Range(0, lengths.Count).OrderByDescending(sample => lengths[sample]))
        {
            var best = -1;
            for (var row = 0; row < rows.Count; row++)
            {
                if (rows[row].Tokens + lengths[sample] <= capacity && (best < 0 || rows[row].Tokens > rows[best].Tokens)) best = row;
            }

            if (best < 0) rows.Add(([sample], lengths[sample]));
            else
            {
                rows[best].Samples.Add(sample);
                rows[best] = rows[best] with { Tokens = rows[best].Tokens + lengths[sample] };
            }
        }

        return [.. rows.OrderBy(row => row.Tokens).Select(row => row.Samples.Order().ToArray())];
    }
}
