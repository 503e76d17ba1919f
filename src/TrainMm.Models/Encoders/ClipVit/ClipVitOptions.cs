using TrainMm.Core.Config;
using TrainMm.Core.Roles;

namespace TrainMm.Models.Encoders.ClipVit;

/// <summary>The vision transformer of CLIP.</summary>
public sealed class ClipVitOptions : IValidatable
{
    /// <summary>A folder in Hugging Face's layout: config.json, preprocessor_config.json and model.safetensors. A whole CLIP's or LLaVA's folder will do.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Takes the weights from another checkpoint than the sizes, as for a vision tower that was tuned inside a LLaVA.</summary>
    [PathValue(PathRule.Existing)]
    public string? Weights { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public ClipVitArchitecture? Architecture { get; init; }

    /// <summary>Whose output is handed on: 0 is the embeddings, 1 the first layer; negative counts from the end, −1 being the last. Later layers are not built.</summary>
    public int SelectLayer { get; init; } = -2;

    /// <summary>Which of that layer's features are handed on.</summary>
    public FeatureSelection SelectFeature { get; init; } = FeatureSelection.Patch;

    /// <summary>How an image is fitted to the square; null does as the checkpoint's preprocessor_config.json says (LLaVA-1.5 pads instead).</summary>
    public ImageFit? ImageFit { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (Checkpoint is null == Architecture is null) checks.Error(nameof(Checkpoint), "give either a checkpoint or an architecture");
        if (Weights is not null && Checkpoint is null) checks.Error(nameof(Weights), "needs a checkpoint that gives the sizes");
    }
}
