using TrainMm.Core.Config;

namespace TrainMm.Models.InputProjectors.FrameStack;

/// <summary>Frames that follow each other, joined and projected together.</summary>
public sealed class FrameStackOptions
{
    /// <summary>Frames that become one soft token; what is left over at the end is dropped.</summary>
    [AtLeast(1)]
    public int Group { get; init; } = 5;

    /// <summary>Width between the two layers.</summary>
    [AtLeast(1)]
    public int HiddenWidth { get; init; } = 2048;

    /// <summary>Where its parameters come from: a run's input_projector.safetensors, or SLAM-LLM's model.pt. Null starts it at random.</summary>
    [PathValue(PathRule.Existing)]
    public string? Checkpoint { get; init; }
}
