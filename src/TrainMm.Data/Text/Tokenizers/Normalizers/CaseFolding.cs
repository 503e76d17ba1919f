using System.Text;

namespace TrainMm.Data.Text.Tokenizers.Normalizers;

/// <summary>Lower case, character by character, by Unicode's full mapping.</summary>
internal static class CaseFolding
{
    /// <summary>The text in lower case; İ is the one character whose lower case is two.</summary>
    public static string ToLower(string text)
    {
        var lower = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            lower.Append(rune.Value == 'İ' ? "i\u0307" : Rune.ToLowerInvariant(rune).ToString());
        }

        return lower.ToString();
    }
}
