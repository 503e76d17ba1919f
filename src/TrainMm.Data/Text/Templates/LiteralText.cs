using TrainMm.Core.Diagnostics;
using TrainMm.Data.Text.Tokenizers;

namespace TrainMm.Data.Text.Templates;

/// <summary>Cuts a template's own texts into text and special tokens.</summary>
internal sealed class LiteralText
{
    private const int Nothing = -1;

    private readonly AddedTokenFinder finder;

    /// <summary>Prepares for a tokenizer's special tokens.</summary>
    public LiteralText(ITokenizer tokenizer)
    {
        var spellings = tokenizer.SpecialTokenIds.ToDictionary(StringComparer.Ordinal);
        spellings["{bos}"] = tokenizer.Special.BeginOfText ?? Nothing;
        if (tokenizer.Special.EndOfText is { } end)
        {
            spellings["{eos}"] = end;
        }

        finder = new AddedTokenFinder(spellings.Select(entry => (
            entry.Key,
            new AddedToken(entry.Value, entry.Key, Special: true, Normalized: false, SingleWord: false, StripLeft: false, StripRight: false))));
    }

    /// <summary>Cuts a text.</summary>
    /// <param name="text">The text as the template has it.</param>
    /// <param name="supervised">Whether it is trained on.</param>
    /// <exception cref="DataException">It asks for <c>{eos}</c>, and the tokenizer has none.</exception>
    public IReadOnlyList<Segment> Cut(string text, bool supervised)
    {
        if (text.Contains("{eos}", StringComparison.Ordinal) && !KnowsEnd())
        {
            throw new DataException("the template ends answers with {eos}, but the tokenizer's configuration names no eos_token; write the token itself into the template");
        }

        var stretches = new List<(int Start, int Length, AddedToken? Token)>();
        finder.Split(text, stretches);
        var segments = new List<Segment>(stretches.Count);
        foreach (var (start, length, token) in stretches)
        {
            if (token is null)
            {
                segments.Add(new TextSegment(text.Substring(start, length), supervised));
            }
            else if (token.Id != Nothing)
            {
                segments.Add(new TokenSegment(token.Id, supervised));
            }
        }

        return segments;
    }

    private bool KnowsEnd()
    {
        var stretches = new List<(int Start, int Length, AddedToken? Token)>();
        finder.Split("{eos}", stretches);
        return stretches[0].Token is not null;
    }
}
