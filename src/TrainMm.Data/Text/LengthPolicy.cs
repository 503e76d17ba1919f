using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Text;

/// <summary>What becomes of a sample that is too long.</summary>
public enum TooLong
{
    /// <summary>Its last questions go, each with its answer, until it fits; where not even the first fits, it is left out.</summary>
    DropTurns,

    /// <summary>Its end is cut off, never inside a medium's placeholders or signal tokens.</summary>
    TruncateText,

    /// <summary>It is left out.</summary>
    Drop,

    /// <summary>It is an error.</summary>
    Fail,
}

/// <summary>How long a sample may be.</summary>
/// <param name="MaxLength">Tokens, placeholders included.</param>
/// <param name="TooLong">What becomes of a longer one.</param>
public sealed record LengthPolicy(int MaxLength, TooLong TooLong)
{
    /// <summary>Applies the policy.</summary>
    /// <param name="sample">The conversation.</param>
    /// <param name="whole">Its tokens at full length.</param>
    /// <param name="encode">Tokenises a conversation that has lost its last turns.</param>
    /// <exception cref="DataException">Nothing in it is trained on; or it is too long and that is an error.</exception>
    public TokenizationResult Apply(Sample sample, TokenizedSample whole, Func<Sample, TokenizedSample> encode)
    {
        ArgumentNullException.ThrowIfNull(sample);
        ArgumentNullException.ThrowIfNull(whole);
        var length = whole.Ids.Length;
        if (whole.SupervisedCount == 0)
        {
            throw new DataException("nothing in this sample is trained on", sample.Origin);
        }

        if (length <= MaxLength)
        {
            return new TokenizationResult(TokenizationOutcome.Kept, whole, length);
        }

        return TooLong switch
        {
            TooLong.Fail => throw TooLongFault(whole, sample.Origin),
            TooLong.Drop => new TokenizationResult(TokenizationOutcome.DroppedTooLong, null, length),
            TooLong.DropTurns => DropTurns(sample, length, encode),
            _ => Truncated(Cut(whole), length),
        };
    }

    /// <summary>A prompt, which cannot be cut: its end is what is to be answered.</summary>
    /// <exception cref="DataException">It is too long.</exception>
    public TokenizedSample Prompt(TokenizedSample prompt, string origin)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return prompt.Ids.Length <= MaxLength ? prompt : throw TooLongFault(prompt, origin);
    }

    private static TokenizationResult Truncated(TokenizedSample cut, int length) => cut.SupervisedCount > 0
        ? new TokenizationResult(TokenizationOutcome.Truncated, cut, length)
        : new TokenizationResult(TokenizationOutcome.DroppedUnsupervised, null, length);

    private static Sample Beginning(Sample sample, int pairs) =>
        sample with { Turns = [.. sample.Turns.Take((sample.Turns.Count % 2) + (2 * pairs))] };

    /// <summary>Each question with its answer makes a conversation longer, so how many of them fit is found by halving.</summary>
    private TokenizationResult DropTurns(Sample sample, int length, Func<Sample, TokenizedSample> encode)
    {
        var pairs = sample.Turns.Count / 2;
        var (fits, tooMany) = (0, pairs);
        TokenizedSample? kept = null;
        while (tooMany - fits > 1)
        {
            var middle = (fits + tooMany) / 2;
            var tokens = encode(Beginning(sample, middle));
            if (tokens.Ids.Length > MaxLength)
            {
                tooMany = middle;
            }
            else
            {
                (fits, kept) = (middle, tokens);
            }
        }

        return kept switch
        {
            null => new TokenizationResult(TokenizationOutcome.DroppedTooLong, null, length),
            { SupervisedCount: 0 } => new TokenizationResult(TokenizationOutcome.DroppedUnsupervised, null, length),
            _ => new TokenizationResult(TokenizationOutcome.TurnsDropped, kept, length, pairs - fits),
        };
    }

    private DataException TooLongFault(TokenizedSample sample, string origin) => new(
        $"the sample has {sample.Ids.Length} tokens, {sample.Media.Sum(span => span.Count)} of them media placeholders, but {MaxLength} are allowed", origin)
    { EndsRun = TooLong == TooLong.Fail };

    /// <summary>What comes first does not depend on what is cut; a medium, or one to be made, that the cut would split goes as a whole.</summary>
    private TokenizedSample Cut(TokenizedSample sample)
    {
        var spans = sample.Media.Select(span => (span.Start, span.End)).Concat(sample.Signals.Select(span => (span.Start, span.End)));
        var end = spans.Where(span => span.Start < MaxLength && span.End > MaxLength).Select(span => span.Start).DefaultIfEmpty(MaxLength).First();
        return new TokenizedSample(sample.Ids[..end], sample.Labels[..end], [.. sample.Media.Where(span => span.End <= end)]) { Signals = [.. sample.Signals.Where(span => span.End <= end)] };
    }
}
