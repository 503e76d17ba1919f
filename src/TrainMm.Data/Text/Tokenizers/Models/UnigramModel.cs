using System.Text;

namespace TrainMm.Data.Text.Tokenizers.Models;

/// <summary>The likeliest way to spell a text in pieces (Kudo, arXiv 1804.10959): a Viterbi search over the pieces that begin at each character.</summary>
internal sealed class UnigramModel : IWordModel
{
    private const double UnknownPenalty = 10;

    private readonly double[] scores;
    private readonly PieceTrie trie;
    private readonly int unknownId;
    private readonly double unknownScore;
    private readonly bool keepsSingle;
    private readonly int[]? byteIds;

    /// <summary>Puts the parts together.</summary>
    /// <param name="vocabulary">The pieces.</param>
    /// <param name="scores">The logarithm of each piece's probability, by id.</param>
    /// <param name="matched">The ids of the pieces that text may be spelled with.</param>
    /// <param name="unknownId">The piece for what no piece covers.</param>
    /// <param name="byteIds">The pieces of the 256 bytes that spell what no piece covers, or null.</param>
    /// <param name="keepsSingle">Whether a path's score is kept in 32 bits, as SentencePiece does and Rust <c>tokenizers</c> does not: it decides ties.</param>
    public UnigramModel(Vocabulary vocabulary, double[] scores, IEnumerable<int> matched, int unknownId, int[]? byteIds, bool keepsSingle)
    {
        Vocabulary = vocabulary;
        this.scores = scores;
        this.unknownId = unknownId;
        this.byteIds = byteIds;
        this.keepsSingle = keepsSingle;
        trie = new PieceTrie();
        var lowest = double.MaxValue;
        foreach (var id in matched)
        {
            trie.Add(vocabulary.TokenOf(id)!, id);
            lowest = Math.Min(lowest, scores[id]);
        }

        unknownScore = lowest - UnknownPenalty;
    }

    /// <inheritdoc/>
    public Vocabulary Vocabulary { get; }

    /// <inheritdoc/>
    public int? UnknownId => unknownId;

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        var best = new Step[word.Length + 1];
        Array.Fill(best, new Step(-1, -1, 0));
        for (var start = 0; start < word.Length;)
        {
            Rune.DecodeFromUtf16(word[start..], out _, out var character);
            Extend(word, start, character, best);
            start += character;
        }

        var from = ids.Count;
        for (var end = word.Length; end > 0; end = best[end].Start)
        {
            AddReversed(word[best[end].Start..end], best[end].Id, ids, from);
        }

        ids.Reverse(from, ids.Count - from);
    }

    private void Extend(ReadOnlySpan<char> word, int start, int character, Step[] best)
    {
        var soFar = best[start].Score;
        var coversCharacter = false;
        var node = PieceTrie.Root;
        for (var end = start; end < word.Length && trie.Next(ref node, word[end]);)
        {
            end++;
            if (trie.IdAt(node) is >= 0 and var id)
            {
                Improve(ref best[end], new Step(start, id, soFar + scores[id]));
                coversCharacter |= end - start == character;
            }
        }

        if (!coversCharacter)
        {
            Improve(ref best[start + character], new Step(start, unknownId, soFar + unknownScore));
        }
    }

    private void Improve(ref Step known, Step candidate)
    {
        if (known.Start < 0 || candidate.Score > known.Score)
        {
            known = keepsSingle ? candidate with { Score = (float)candidate.Score } : candidate;
        }
    }

    private void AddReversed(ReadOnlySpan<char> text, int id, List<int> ids, int from)
    {
        if (id == unknownId && byteIds is not null)
        {
            var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
            foreach (var value in bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)).ToArray().Reverse())
            {
                ids.Add(byteIds[value]);
            }
        }
        else if (id != unknownId || ids.Count == from || ids[^1] != unknownId)
        {
            ids.Add(id);
        }
    }

    private readonly record struct Step(int Start, int Id, double Score);
}
