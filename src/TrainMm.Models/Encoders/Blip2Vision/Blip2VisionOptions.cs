using TrainMm.Core.Config;

namespace TrainMm.Models.Encoders.Blip2Vision;

/// <summary>BLIP-2's vision transformer.</summary>
public sealed class Blip2VisionOptions : IValidatable
{
    /// <summary>A BLIP-2's or InstructBLIP's folder in Hugging Face's layout: config.json, preprocessor_config.json and the weights.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public Blip2VisionArchitecture? Architecture { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (Checkpoint is null == Architecture is null) checks.Error(nameof(Checkpoint), "give either a checkpoint or an architecture");
    }
}
