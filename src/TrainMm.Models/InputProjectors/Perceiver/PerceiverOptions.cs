using TrainMm.Core.Config;

namespace TrainMm.Models.InputProjectors.Perceiver;

/// <summary>Flamingo's resampler: learned latents that look at the features again and again.</summary>
public sealed class PerceiverOptions : IValidatable
{
    /// <summary>Q, the soft tokens that one medium becomes.</summary>
    [AtLeast(1)]
    public int NumLatents { get; init; } = 64;

    /// <summary>L, layers.</summary>
    [AtLeast(1)]
    public int Depth { get; init; } = 6;

    /// <summary>Attention heads.</summary>
    [AtLeast(1)]
    public int Heads { get; init; } = 8;

    /// <summary>Width of a head.</summary>
    [AtLeast(1)]
    public int HeadDim { get; init; } = 64;

    /// <summary>How many times wider the feed-forward layer is within.</summary>
    [AtLeast(1)]
    public int FeedForwardFactor { get; init; } = 4;

    /// <summary>Whether the soft tokens are projected to the language model's width. Flamingo's cross-attention takes them as wide as the encoder's features.</summary>
    public bool Project { get; init; } = true;

    /// <summary>Where its parameters come from: a run's input_projector.safetensors, or OpenFlamingo's file. Null starts it at random.</summary>
    [PathValue(PathRule.Existing)]
    public string? Checkpoint { get; init; }

    /// <summary>Starts the projection to the language model's width at random although there is a checkpoint: OpenFlamingo's has none.</summary>
    public bool NewProjection { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (NewProjection && Checkpoint is null) checks.Error(nameof(NewProjection), "needs a checkpoint; without one the projection is random anyway");
        if (NewProjection && !Project) checks.Error(nameof(NewProjection), "contradicts project: false");
    }
}
