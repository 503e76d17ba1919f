using System.Text;
using TrainMm.Data.Text.Tokenizers.Normalizers;

namespace TrainMm.Data.Text.Tokenizers.SentencePiece;

/// <summary>SentencePiece's normaliser: its character map, then its way with spaces (arXiv 1808.06226, section 3.2).</summary>
internal sealed class SentencePieceNormalizer(SentencePieceProto model) : INormalizer
{
    private const char Space = '▁';

    private readonly CharacterMap? map = model.CharacterMap.Length > 0 ? new CharacterMap(model.CharacterMap) : null;

    /// <inheritdoc/>
    public string Normalize(string text, bool continues = false)
    {
        var mapped = map is null ? text : Map(text);
        if (model.RemoveExtraSpaces)
        {
            mapped = SingleSpaces(mapped, continues);
        }

        if (mapped.Length == 0)
        {
            return string.Empty;
        }

        var spaced = model.AddDummyPrefix && !continues ? $" {mapped}" : mapped;
        return model.EscapeSpaces ? spaced.Replace(' ', Space) : spaced;
    }

    private string Map(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var mapped = new List<byte>(bytes.Length);
        for (var start = 0; start < bytes.Length;)
        {
            var replacement = map!.Replace(bytes.AsSpan(start), longest: true, out var length);
            if (length == 0)
            {
                Rune.DecodeFromUtf8(bytes.AsSpan(start), out _, out length);
                mapped.AddRange(bytes.AsSpan(start, length));
            }
            else
            {
                mapped.AddRange(replacement);
            }

            start += length;
        }

        return Encoding.UTF8.GetString([.. mapped]);
    }

    /// <summary>A continuing text keeps one space in front: the word before it has ended.</summary>
    private static string SingleSpaces(string text, bool continues)
    {
        var kept = new StringBuilder(text.Length);
        var afterSpace = !continues;
        foreach (var character in text)
        {
            if (character != ' ' || !afterSpace)
            {
                kept.Append(character);
            }

            afterSpace = character == ' ';
        }

        return kept.ToString().TrimEnd(' ');
    }
}
