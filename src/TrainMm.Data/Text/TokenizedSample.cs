namespace TrainMm.Data.Text;

/// <summary>Where a medium's placeholders stand.</summary>
/// <param name="Modality">The modality's name.</param>
/// <param name="MediumIndex">The medium's place among the sample's media, from 0.</param>
/// <param name="Start">Index of its first placeholder.</param>
/// <param name="Count">Q, how many placeholders it has.</param>
public sealed record MediumSpan(string Modality, int MediumIndex, int Start, int Count)
{
    /// <summary>The index after its last placeholder.</summary>
    public int End => Start + Count;
}

/// <summary>Where the signal tokens of a medium that is to be made stand.</summary>
/// <param name="Signal">The medium.</param>
/// <param name="Start">Index of its first token.</param>
/// <param name="Count">S, how many tokens it has.</param>
public sealed record SignalSpan(SignalPart Signal, int Start, int Count)
{
    /// <summary>The index after its last token.</summary>
    public int End => Start + Count;
}

/// <summary>A sample as the language model sees it.</summary>
/// <param name="Ids">[T] token ids; at placeholders the id carries nothing, <paramref name="Media"/> says what stands there.</param>
/// <param name="Labels">[T] the id where it is trained on, else <see cref="Ignored"/>; not shifted.</param>
/// <param name="Media">The spans of placeholders, in order.</param>
public sealed record TokenizedSample(int[] Ids, int[] Labels, IReadOnlyList<MediumSpan> Media)
{
    /// <summary>The label of a token that is not trained on.</summary>
    public const int Ignored = -100;

    /// <summary>The spans of signal tokens, in order.</summary>
    public IReadOnlyList<SignalSpan> Signals { get; init; } = [];

    /// <summary>How many tokens are trained on.</summary>
    public int SupervisedCount => Labels.AsSpan().Length - Labels.AsSpan().Count(Ignored);
}

/// <summary>What became of a sample.</summary>
public enum TokenizationOutcome
{
    /// <summary>It is whole.</summary>
    Kept,

    /// <summary>Its end was cut off.</summary>
    Truncated,

    /// <summary>Its last questions and answers were left out.</summary>
    TurnsDropped,

    /// <summary>It was too long and was left out.</summary>
    DroppedTooLong,

    /// <summary>Nothing in it is left to train on, since it was cut or LLaVA's code masks all of it, so it was left out.</summary>
    DroppedUnsupervised,

    /// <summary>It cannot be used, and was set aside.</summary>
    Unusable,
}

/// <summary>A tokenised sample, or why there is none; whoever asks counts the outcomes, so that a run can say what it left out.</summary>
/// <param name="Outcome">What became of the sample.</param>
/// <param name="Sample">The sample; null where it was left out.</param>
/// <param name="UncutLength">T before anything was cut.</param>
/// <param name="DroppedTurns">How many questions, each with its answer, were left out of a sample that was kept.</param>
public sealed record TokenizationResult(TokenizationOutcome Outcome, TokenizedSample? Sample, int UncutLength, int DroppedTurns = 0);
