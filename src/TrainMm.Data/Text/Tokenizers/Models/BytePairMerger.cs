using System.Runtime.InteropServices;

namespace TrainMm.Data.Text.Tokenizers.Models;

/// <summary>
/// Joins neighbouring tokens, always the pair of the smallest rank and of equal ranks the leftmost (Sennrich et al., arXiv 1508.07909).
/// Short words are scanned, long ones (a model without pre-tokeniser meets whole documents) go through a queue.
/// </summary>
internal static class BytePairMerger
{
    private const int LongestScan = 96;

    /// <summary>Merges the tokens from an index to the end of a list, in place.</summary>
    public static void Merge(List<int> ids, int from, MergeTable merges)
    {
        var symbols = CollectionsMarshal.AsSpan(ids)[from..];
        if (symbols.Length < 2)
        {
            return;
        }

        var count = symbols.Length <= LongestScan ? Scan(symbols, merges) : new MergeQueue(symbols, merges).Run(symbols);
        CollectionsMarshal.SetCount(ids, from + count);
    }

    private static int Scan(Span<int> symbols, MergeTable merges)
    {
        Span<MergeTable.Merge> pairs = stackalloc MergeTable.Merge[LongestScan];
        var count = symbols.Length;
        for (var i = 0; i + 1 < count; i++)
        {
            pairs[i] = merges.Find(symbols[i], symbols[i + 1]);
        }

        while (count > 1)
        {
            var best = 0;
            for (var i = 1; i + 1 < count; i++)
            {
                best = pairs[i].Rank < pairs[best].Rank ? i : best;
            }

            if (pairs[best].Rank == MergeTable.NoRank)
            {
                break;
            }

            symbols[best] = pairs[best].Product;
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            pairs[(best + 1)..(count - 1)].CopyTo(pairs[best..]);
            count--;
            if (best > 0)
            {
                pairs[best - 1] = merges.Find(symbols[best - 1], symbols[best]);
            }

            if (best + 1 < count)
            {
                pairs[best] = merges.Find(symbols[best], symbols[best + 1]);
            }
        }

        return count;
    }

    /// <summary>A linked list of tokens with a queue of candidate merges; candidates that no longer hold are dropped when they come up.</summary>
    private sealed class MergeQueue
    {
        private readonly MergeTable merges;
        private readonly int[] tokens;
        private readonly int[] next;
        private readonly int[] previous;
        private readonly PriorityQueue<(int Position, int Left, int Right), long> candidates = new();

        public MergeQueue(ReadOnlySpan<int> symbols, MergeTable merges)
        {
            this.merges = merges;
            tokens = symbols.ToArray();
            next = new int[tokens.Length];
            previous = new int[tokens.Length];
            for (var i = 0; i < tokens.Length; i++)
            {
                next[i] = i + 1 < tokens.Length ? i + 1 : -1;
                previous[i] = i - 1;
            }

            for (var i = 0; i + 1 < tokens.Length; i++)
            {
                Consider(i);
            }
        }

        public int Run(Span<int> symbols)
        {
            while (candidates.TryDequeue(out var pair, out _))
            {
                var (position, left, right) = pair;
                var partner = next[position];
                if (tokens[position] != left || partner < 0 || tokens[partner] != right)
                {
                    continue;
                }

                tokens[position] = merges.Find(left, right).Product;
                tokens[partner] = -1;
                next[position] = next[partner];
                if (next[position] >= 0)
                {
                    previous[next[position]] = position;
                    Consider(position);
                }

                if (previous[position] >= 0)
                {
                    Consider(previous[position]);
                }
            }

            var count = 0;
            for (var i = 0; i >= 0; i = next[i])
            {
                symbols[count++] = tokens[i];
            }

            return count;
        }

        private void Consider(int position)
        {
            var merge = merges.Find(tokens[position], tokens[next[position]]);
            if (merge.Rank != MergeTable.NoRank)
            {
                candidates.Enqueue((position, tokens[position], tokens[next[position]]), ((long)merge.Rank << 32) | (uint)position);
            }
        }
    }
}
