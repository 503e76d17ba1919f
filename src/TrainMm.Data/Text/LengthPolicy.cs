using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Text;

/// <summary>What becomes of a sample that is too long.</summary>
public enum TooLong
{
    /// <summary>Its end is cut off, never inside a medium's placeholders.</summary>
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
    /// <param name="sample">The sample at its full length.</param>
    /// <param name="origin">Where it stands.</param>
    /// <exception cref="DataException">Nothing in it is trained on; or it is too long and that is an error.</exception>
    public TokenizationResult Apply(TokenizedSample sample, string origin)
    {
        ArgumentNullException.ThrowIfNull(sample);
        var length = sample.Ids.Length;
        if (sample.SupervisedCount == 0)
        {
            throw new DataException("nothing in this sample is trained on", origin);
        }

        if (length <= MaxLength)
        {
            return new TokenizationResult(TokenizationOutcome.Kept, sample, length);
        }

        if (TooLong == TooLong.Fail)
        {
            throw TooLongFault(sample, origin);
        }

        if (TooLong == TooLong.Drop)
        {
            return new TokenizationResult(TokenizationOutcome.DroppedTooLong, null, length);
        }

        var cut = Cut(sample);
        return cut.SupervisedCount > 0
            ? new TokenizationResult(TokenizationOutcome.Truncated, cut, length)
            : new TokenizationResult(TokenizationOutcome.DroppedUnsupervised, null, length);
    }

    /// <summary>A prompt, which cannot be cut: its end is what is to be answered.</summary>
    /// <exception cref="DataException">It is too long.</exception>
    public TokenizedSample Prompt(TokenizedSample prompt, string origin)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return prompt.Ids.Length <= MaxLength ? prompt : throw TooLongFault(prompt, origin);
    }

    private DataException TooLongFault(TokenizedSample sample, string origin) => new(
        $"the sample has {sample.Ids.Length} tokens, {sample.Media.Sum(span => span.Count)} of them media placeholders, but {MaxLength} are allowed", origin);

    /// <summary>What comes first does not depend on what is cut; a medium that the cut would split goes as a whole.</summary>
    private TokenizedSample Cut(TokenizedSample sample)
    {
        var end = sample.Media.FirstOrDefault(span => span.Start < MaxLength && span.End > MaxLength)?.Start ?? MaxLength;
        return new TokenizedSample(sample.Ids[..end], sample.Labels[..end], [.. sample.Media.Where(span => span.End <= end)]);
    }
}
