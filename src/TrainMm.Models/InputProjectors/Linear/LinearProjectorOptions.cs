using TrainMm.Core.Config;

namespace TrainMm.Models.InputProjectors.Linear;

/// <summary>One linear layer from the encoder's width to the language model's.</summary>
public sealed class LinearProjectorOptions
{
    /// <summary>Where its parameters come from: a run's input_projector.safetensors, or a LLaVA's folder or projector file. Null starts it at random.</summary>
    [PathValue(PathRule.Existing)]
    public string? Checkpoint { get; init; }
}
