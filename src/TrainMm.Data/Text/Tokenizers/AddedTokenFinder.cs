using System.Buffers;
using TrainMm.Data.Text.Tokenizers.Patterns;

namespace TrainMm.Data.Text.Tokenizers;

/// <summary>Finds added tokens in a text: the leftmost first, and of those that begin at one place the longest.</summary>
internal sealed class AddedTokenFinder
{
    private readonly SearchValues<char> firstCharacters;
    private readonly Dictionary<char, Candidate[]> byFirstCharacter;

    /// <summary>Prepares the search.</summary>
    /// <param name="tokens">The tokens, with the spelling to look for.</param>
    public AddedTokenFinder(IEnumerable<(string Spelling, AddedToken Token)> tokens)
    {
        byFirstCharacter = tokens.Where(token => token.Spelling.Length > 0)
            .GroupBy(token => token.Spelling[0])
            .ToDictionary(
                group => group.Key,
                group => group.Select(token => new Candidate(token.Spelling, token.Token)).OrderByDescending(candidate => candidate.Spelling.Length).ToArray());
        firstCharacters = SearchValues.Create([.. byFirstCharacter.Keys]);
    }

    /// <summary>Cuts a text into stretches that are an added token and stretches that are not.</summary>
    /// <param name="text">The text.</param>
    /// <param name="found">Receives the stretches in order; <c>Token</c> is null for plain text.</param>
    /// <param name="includeSpecial">Whether special tokens are looked for.</param>
    public void Split(ReadOnlySpan<char> text, List<(int Start, int Length, AddedToken? Token)> found, bool includeSpecial = true)
    {
        var plainFrom = 0;
        var from = 0;
        while (byFirstCharacter.Count > 0 && from < text.Length)
        {
            var offset = text[from..].IndexOfAny(firstCharacters);
            if (offset < 0)
            {
                break;
            }

            var start = from + offset;
            if (LongestAt(text[start..], includeSpecial) is not { } match)
            {
                from = start + 1;
                continue;
            }

            from = start + match.Spelling.Length;
            var token = match.Token;
            if (token.SingleWord && !StandsAlone(text, start, from))
            {
                continue;
            }

            var stop = token.StripRight ? from + (text.Length - from - text[from..].TrimStart().Length) : from;
            start = token.StripLeft ? Math.Max(plainFrom, text[..start].TrimEnd().Length) : Math.Max(plainFrom, start);
            if (start > plainFrom)
            {
                found.Add((plainFrom, start - plainFrom, null));
            }

            found.Add((start, stop - start, token));
            plainFrom = stop;
        }

        if (plainFrom < text.Length)
        {
            found.Add((plainFrom, text.Length - plainFrom, null));
        }
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int stop) =>
        (start == 0 || !CharacterClasses.IsWordAtEnd(text[..start])) && (stop == text.Length || !CharacterClasses.IsWordAtStart(text[stop..]));

    private Candidate? LongestAt(ReadOnlySpan<char> text, bool includeSpecial)
    {
        foreach (var candidate in byFirstCharacter[text[0]])
        {
            if ((includeSpecial || !candidate.Token.Special) && text.StartsWith(candidate.Spelling))
            {
                return candidate;
            }
        }

        return null;
    }

    private sealed record Candidate(string Spelling, AddedToken Token);
}
