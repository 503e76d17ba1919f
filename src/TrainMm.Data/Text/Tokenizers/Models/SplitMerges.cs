namespace TrainMm.Data.Text.Tokenizers.Models;

/// <summary>
/// The merges of a vocabulary that lists none: any two neighbours that spell a token become it, the better one first. That is
/// how SentencePiece's BPE (by score) and tiktoken (by rank) merge.
/// </summary>
internal static class SplitMerges
{
    /// <summary>Builds the table.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="ranked">The ids that merging may give, with their ranks; the smaller, the earlier.</param>
    public static MergeTable Build(Vocabulary vocabulary, IEnumerable<(int Id, int Rank)> ranked)
    {
        var found = new List<(int Left, int Right, int Rank, int Product)>();
        foreach (var (id, rank) in ranked)
        {
            var token = vocabulary.TokenOf(id).AsSpan();
            for (var cut = 1; cut < token.Length; cut++)
            {
                if (!char.IsLowSurrogate(token[cut]) && vocabulary.IdOf(token[..cut]) is >= 0 and var left && vocabulary.IdOf(token[cut..]) is >= 0 and var right)
                {
                    found.Add((left, right, rank, id));
                }
            }
        }

        var table = new MergeTable(found.Count);
        foreach (var (left, right, rank, product) in found)
        {
            table.Add(left, right, rank, product);
        }

        return table;
    }
}
