using TrainMm.Core.Config;

namespace TrainMm.Models.InputProjectors.CFormer;

/// <summary>Frames that are gathered into tokens by learned weights, in their order, then a transformer and a linear layer.</summary>
public sealed class CFormerOptions
{
    /// <summary>
    /// Q, the soft tokens that one medium becomes. X-LLM's are as many as the transcript's tokens in training, and as many as the weights' sum says afterwards; here a medium's places in the text
    /// are known before it is looked at, so the weights are scaled to this number always.
    /// </summary>
    [AtLeast(1)]
    public int NumTokens { get; init; } = 32;

    /// <summary>L, the transformer's layers.</summary>
    [AtLeast(1)]
    public int Depth { get; init; } = 12;

    /// <summary>Attention heads, which share the width of the encoder's features.</summary>
    [AtLeast(1)]
    public int Heads { get; init; } = 8;

    /// <summary>How many times wider the feed-forward layer is within.</summary>
    [AtLeast(1)]
    public int FeedForwardFactor { get; init; } = 4;

    /// <summary>Where its parameters come from: a run's input_projector.safetensors. Null starts it at random.</summary>
    [PathValue(PathRule.Existing)]
    public string? Checkpoint { get; init; }
}
