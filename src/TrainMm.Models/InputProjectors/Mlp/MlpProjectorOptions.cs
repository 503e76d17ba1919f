using TrainMm.Core.Config;

namespace TrainMm.Models.InputProjectors.Mlp;

/// <summary>Linear layers with an activation between them, applied to each feature alone.</summary>
public sealed class MlpProjectorOptions : IValidatable
{
    /// <summary>Width between the layers; null is the language model's.</summary>
    [AtLeast(1)]
    public int? HiddenWidth { get; init; }

    /// <summary>Linear layers (LLaVA's <c>mlp2x_gelu</c> has two).</summary>
    [AtLeast(1)]
    public int Depth { get; init; } = 2;

    /// <summary>The activation between the layers.</summary>
    public string Activation { get; init; } = "gelu";

    /// <summary>Where its parameters come from: a run's input_projector.safetensors, or a LLaVA's folder or projector file. Null starts it at random.</summary>
    [PathValue(PathRule.Existing)]
    public string? Checkpoint { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (!Layers.Activation.Names.Contains(Activation, StringComparer.Ordinal))
            checks.Error(nameof(Activation), $"there is no activation '{Activation}'", Spelling.Hint(Activation, [.. Layers.Activation.Names], "known activations"));
    }
}
