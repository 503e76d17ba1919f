using System.Text;

namespace TrainMm.Data.Text.Tokenizers.Models;

/// <summary>WordPiece as <c>tokenizer.json</c>'s <c>WordPiece</c> defines it: the longest token first (BERT, arXiv 1810.04805).</summary>
/// <param name="vocabulary">The tokens.</param>
/// <param name="unknownId">The token for a word that the vocabulary cannot spell.</param>
/// <param name="continuation">What a token that does not begin its word is prefixed with.</param>
/// <param name="longestWord">A word of more characters is unknown.</param>
internal sealed class WordPieceModel(Vocabulary vocabulary, int unknownId, string continuation, int longestWord) : IWordModel
{
    /// <inheritdoc/>
    public Vocabulary Vocabulary => vocabulary;

    /// <inheritdoc/>
    public int? UnknownId => unknownId;

    /// <summary>Reads <c>tokenizer.json</c>'s model.</summary>
    public static WordPieceModel Read(ComponentNode node)
    {
        var vocabulary = BytePairReader.ReadVocabulary(node.Child("vocab"));
        var unknown = node.Text("unk_token");
        var unknownId = vocabulary.IdOf(unknown);
        return unknownId >= 0
            ? new WordPieceModel(vocabulary, unknownId, node.OptionalText("continuing_subword_prefix") ?? "##", node.Integer("max_input_chars_per_word", 100))
            : throw node.Child("unk_token").Fault($"the vocabulary lacks the unknown token '{unknown}'");
    }

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        var from = ids.Count;
        var start = word.Length <= longestWord || CountCharacters(word) <= longestWord ? 0 : -1;
        while (start >= 0 && start < word.Length)
        {
            var length = LongestToken(word[start..], isFirst: start == 0, out var id);
            ids.Add(id);
            start = length > 0 ? start + length : -1;
        }

        if (start < 0)
        {
            ids.RemoveRange(from, ids.Count - from);
            ids.Add(unknownId);
        }
    }

    private static int CountCharacters(ReadOnlySpan<char> word)
    {
        var count = 0;
        foreach (var _ in word.EnumerateRunes())
        {
            count++;
        }

        return count;
    }

    private int LongestToken(ReadOnlySpan<char> rest, bool isFirst, out int id)
    {
        var prefix = isFirst ? string.Empty : continuation;
        Span<char> token = prefix.Length + rest.Length <= 256 ? stackalloc char[prefix.Length + rest.Length] : new char[prefix.Length + rest.Length];
        prefix.CopyTo(token);
        rest.CopyTo(token[prefix.Length..]);
        var length = rest.Length;
        while (length > 0)
        {
            id = vocabulary.IdOf(token[..(prefix.Length + length)]);
            if (id >= 0)
            {
                return length;
            }

            Rune.DecodeLastFromUtf16(rest[..length], out _, out var last);
            length -= last;
        }

        id = unknownId;
        return 0;
    }
}
