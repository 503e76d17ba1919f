using System.Globalization;
using System.Text;

namespace TrainMm.Data.Text.Tokenizers.Normalizers;

/// <summary>BERT's normaliser: control characters out, every white space a space, spaces round CJK characters, accents and case folded.</summary>
internal sealed class BertNormalizer(bool cleanText, bool spaceChinese, bool stripAccents, bool lowercase) : INormalizer
{
    private static readonly UnicodeNormalizer Decomposed = new(compatibility: false, compose: false);

    /// <inheritdoc/>
    public string Normalize(string text, bool continues = false)
    {
        text = cleanText ? Clean(text) : text;
        text = spaceChinese ? SpaceChinese(text) : text;
        text = stripAccents ? StripAccents(text) : text;
        return lowercase ? CaseFolding.ToLower(text) : text;
    }

    /// <summary>Decomposes a text and leaves its accents out.</summary>
    private static string StripAccents(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var rune in Decomposed.Normalize(text).EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
            {
                kept.Append(rune.ToString());
            }
        }

        return kept.ToString();
    }

    private static string Clean(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is '\t' or '\n' or '\r')
            {
                kept.Append(' ');
            }
            else if (rune.Value is not (0 or 0xFFFD) && Rune.GetUnicodeCategory(rune) is not
                (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse))
            {
                kept.Append(Rune.IsWhiteSpace(rune) ? " " : rune.ToString());
            }
        }

        return kept.ToString();
    }

    private static string SpaceChinese(string text)
    {
        var spaced = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            spaced.Append(IsChinese(rune.Value) ? $" {rune} " : rune.ToString());
        }

        return spaced.ToString();
    }

    private static bool IsChinese(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
