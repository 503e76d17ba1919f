using TrainMm.Core.Config;

namespace TrainMm.Models.Generators.Diffusion;

/// <summary>What the options of latent diffusion models have in common whose condition CLIP's text transformer makes.</summary>
public abstract class ClipDiffusionOptions : DiffusionOptions
{
    /// <summary>A folder in diffusers' layout: <c>unet</c>, <c>vae</c>, <c>text_encoder</c> and <c>scheduler</c> with their config.json and weights, and <c>tokenizer</c>.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public sealed override string? Checkpoint { get; init; }

    /// <summary>The captions' tokenizer, a file or a folder; null is the checkpoint's.</summary>
    [PathValue(PathRule.Existing)]
    public string? Tokenizer { get; init; }
}
