using TrainMm.Core.Config;
using TrainMm.Core.Roles;

namespace TrainMm.Models.Encoders.Nfnet;

/// <summary>A residual network without normalisation, Flamingo's vision encoder.</summary>
public sealed class NfnetOptions : IValidatable
{
    /// <summary>A folder as timm publishes it (dm_nfnet_f0 to dm_nfnet_f6): config.json and weights.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public NfnetArchitecture? Architecture { get; init; }

    /// <summary>Whose output is handed on, from 1; negative counts from the end, −1 being the last. Later stages are not built.</summary>
    public int SelectStage { get; init; } = -1;

    /// <summary>Whether the convolution and the activation behind the last stage, which widen the features for classification, are applied.</summary>
    public bool FinalConvolution { get; init; }

    /// <summary>Whether the features' mean is handed on instead of the grid.</summary>
    public bool Pooled { get; init; }

    /// <summary>Pixels of the square image's side; null is the checkpoint's.</summary>
    [AtLeast(32)]
    public int? ImageSize { get; init; }

    /// <summary>How an image is fitted to the square; null does as the checkpoint says.</summary>
    public ImageFit? ImageFit { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (Checkpoint is null == Architecture is null) checks.Error(nameof(Checkpoint), "give either a checkpoint or an architecture");
    }
}
