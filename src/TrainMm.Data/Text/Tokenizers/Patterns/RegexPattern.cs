using System.Globalization;
using System.Text.RegularExpressions;

namespace TrainMm.Data.Text.Tokenizers.Patterns;

/// <summary>
/// Any other regex, in Oniguruma's syntax. .NET's engine sees UTF-16 units, so a character beyond U+FFFF would be two of no
/// category: it is shown to the engine as a rare character of the same category.
/// </summary>
internal sealed class RegexPattern : TextPattern
{
    private static readonly char[] StandIns = FindStandIns();

    private readonly Regex regex;

    private RegexPattern(Regex regex) => this.regex = regex;

    /// <summary>Compiles a pattern.</summary>
    /// <param name="pattern">The pattern in Oniguruma's syntax.</param>
    /// <param name="place">Where it stands, for errors.</param>
    public static RegexPattern Create(string pattern, ComponentNode place)
    {
        try
        {
            var translated = OnigurumaSyntax.Translate(pattern);
            return new RegexPattern(new Regex(
                translated, RegexOptions.Compiled | RegexOptions.CultureInvariant | RegexOptions.Multiline, Timeout.InfiniteTimeSpan));
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            throw place.Fault($"the regex '{pattern}' cannot be used: {fault.Message}", fault);
        }
    }

    /// <inheritdoc/>
    public override void Cut(ReadOnlySpan<char> text, List<PatternStretch> stretches)
    {
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            CutPlain(text, stretches);
            return;
        }

        var shown = new char[text.Length];
        var starts = new int[text.Length + 1];
        var count = 0;
        for (var index = 0; index < text.Length; count++)
        {
            starts[count] = index;
            if (char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
            {
                shown[count] = StandIns[(int)CharUnicodeInfo.GetUnicodeCategory(char.ConvertToUtf32(text[index], text[index + 1]))];
                index += 2;
            }
            else
            {
                shown[count] = text[index++];
            }
        }

        starts[count] = text.Length;
        var from = stretches.Count;
        CutPlain(shown.AsSpan(0, count), stretches);
        for (var i = from; i < stretches.Count; i++)
        {
            var (start, length, isMatch) = stretches[i];
            stretches[i] = new PatternStretch(starts[start], starts[start + length] - starts[start], isMatch);
        }
    }

    private void CutPlain(ReadOnlySpan<char> text, List<PatternStretch> stretches)
    {
        var plainFrom = 0;
        foreach (var match in regex.EnumerateMatches(text))
        {
            if (match.Length == 0)
            {
                continue;
            }

            if (match.Index > plainFrom)
            {
                stretches.Add(new PatternStretch(plainFrom, match.Index - plainFrom, IsMatch: false));
            }

            stretches.Add(new PatternStretch(match.Index, match.Length, IsMatch: true));
            plainFrom = match.Index + match.Length;
        }

        if (plainFrom < text.Length)
        {
            stretches.Add(new PatternStretch(plainFrom, text.Length - plainFrom, IsMatch: false));
        }
    }

    /// <summary>For each category the last character below U+10000 that has it and has no other case: patterns name none of these.</summary>
    private static char[] FindStandIns()
    {
        var standIns = new char[30];
        for (var character = '\0'; character < '\uFFFF'; character++)
        {
            var hasOtherCase = char.ToLowerInvariant(character) != character || char.ToUpperInvariant(character) != character;
            ref var standIn = ref standIns[(int)CharUnicodeInfo.GetUnicodeCategory(character)];
            if (standIn == '\0' || !hasOtherCase)
            {
                standIn = character;
            }
        }

        return standIns;
    }
}
