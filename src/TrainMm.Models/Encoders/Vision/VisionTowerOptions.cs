using TrainMm.Core.Config;
using TrainMm.Core.Roles;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>A vision tower.</summary>
/// <typeparam name="TArchitecture">Its sizes.</typeparam>
public abstract class VisionTowerOptions<TArchitecture> : IValidatable
    where TArchitecture : class
{
    /// <summary>A folder in the layout in which the model was published: configuration and weights. A whole model's folder, text tower and all, will do.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Takes the weights from another checkpoint than the sizes, as for a tower that was tuned inside another model.</summary>
    [PathValue(PathRule.Existing)]
    public string? Weights { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public TArchitecture? Architecture { get; init; }

    /// <summary>Whose output is handed on: 0 is the embeddings, 1 the first layer; negative counts from the end, −1 being the last. Later layers are not built.</summary>
    public int SelectLayer { get; init; } = -2;

    /// <summary>Which of that layer's features are handed on.</summary>
    public FeatureSelection SelectFeature { get; init; } = FeatureSelection.Patch;

    /// <summary>Whether the norm behind the tower's last layer is applied to the features; after the last layer this is the tower's published output.</summary>
    public bool FinalNorm { get; init; }

    /// <summary>Pixels of the square image's side, where it is another than the checkpoint's; the learned positions are interpolated.</summary>
    [AtLeast(1)]
    public int? ImageSize { get; init; }

    /// <summary>How an image is fitted to the square; null does as the checkpoint says.</summary>
    public ImageFit? ImageFit { get; init; }

    /// <inheritdoc/>
    public virtual void Validate(OptionChecks checks)
    {
        if (Checkpoint is null == Architecture is null) checks.Error(nameof(Checkpoint), "give either a checkpoint or an architecture");
        if (Weights is not null && Checkpoint is null) checks.Error(nameof(Weights), "needs a checkpoint that gives the sizes");
    }
}
