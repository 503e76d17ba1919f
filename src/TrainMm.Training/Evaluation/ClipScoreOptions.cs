using TrainMm.Core.Config;

namespace TrainMm.Training.Evaluation;

/// <summary>CLIP-score (arXiv:2104.08718): how well the pictures that answers make fit their captions. The CLIP should not be the one whose text encoder conditions the generator.</summary>
public sealed class ClipScoreOptions
{
    /// <summary>The folder of the half that sees, its projection included.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public required string Vision { get; init; }

    /// <summary>The folder of the half that reads, its projection included.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public required string Text { get; init; }

    /// <summary>The captions' tokenizer, a file or a folder; null is in the folder of the half that reads.</summary>
    [PathValue(PathRule.Existing)]
    public string? Tokenizer { get; init; }

    /// <summary>Prompts of a split, spread evenly over it.</summary>
    [AtLeast(2)]
    public int Samples { get; init; } = 240;

    /// <summary>Tokens that an answer may have before its signal tokens and still count as one that makes a picture.</summary>
    [AtLeast(0)]
    public int WordsBefore { get; init; } = 4;
}
