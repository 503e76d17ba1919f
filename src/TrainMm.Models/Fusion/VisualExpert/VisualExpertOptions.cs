using TrainMm.Core.Config;

namespace TrainMm.Models.Fusion.VisualExpert;

/// <summary>Soft tokens stand in the text, and every decoder layer has linear layers of its own for them, which start as the language model's.</summary>
public sealed class VisualExpertOptions
{
    /// <summary>Whether all soft tokens of a medium have one position, as in CogVLM; else they are counted like words.</summary>
    public bool SharedPosition { get; init; } = true;

    /// <summary>Where its parameters come from: a CogVLM's folder, for a language model with LLaMA's layers, or a run's trained.safetensors. Null starts it as the language model.</summary>
    [PathValue(PathRule.Existing)]
    public string? Checkpoint { get; init; }
}
