using TrainMm.Core.Config;

namespace TrainMm.Models.InputProjectors.TokenJoin;

/// <summary>Neighbouring features joined into one soft token.</summary>
public sealed class TokenJoinOptions
{
    /// <summary>Features that become one soft token; must divide the encoder's count.</summary>
    [AtLeast(1)]
    public int Group { get; init; } = 4;

    /// <summary>Where its parameters come from: a run's input_projector.safetensors, or MiniGPT-v2's checkpoint. Null starts it at random.</summary>
    [PathValue(PathRule.Existing)]
    public string? Checkpoint { get; init; }
}
