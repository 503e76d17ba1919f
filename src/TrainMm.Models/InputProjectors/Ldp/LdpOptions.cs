using TrainMm.Core.Config;

namespace TrainMm.Models.InputProjectors.Ldp;

/// <summary>MobileVLM's lightweight projector: a quarter of the features as soft tokens.</summary>
public sealed class LdpOptions
{
    /// <summary>Where its parameters come from: a run's input_projector.safetensors, or a MobileVLM's folder. Null starts it at random.</summary>
    [PathValue(PathRule.Existing)]
    public string? Checkpoint { get; init; }
}
