using TrainMm.Core.Config;
using TrainMm.Models.Generators.Diffusion;
using TrainMm.Models.Generators.Diffusion.Samplers;

namespace TrainMm.Models.Generators.StableDiffusion;

/// <summary>Stable Diffusion 1 and 2.</summary>
public sealed class StableDiffusionOptions : DiffusionOptions
{
    /// <summary>A folder in diffusers' layout: <c>unet</c>, <c>vae</c>, <c>text_encoder</c> and <c>scheduler</c> with their config.json and weights, and <c>tokenizer</c>.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public override string? Checkpoint { get; init; }

    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public StableDiffusionArchitecture? Architecture { get; init; }

    /// <summary>The captions' tokenizer, a file or a folder; null is the checkpoint's.</summary>
    [PathValue(PathRule.Existing)]
    public string? Tokenizer { get; init; }

    /// <summary>Pixels of the square images' side; null is what the UNet was made for.</summary>
    [AtLeast(8)]
    public int? ImageSize { get; init; }

    /// <inheritdoc/>
    internal override bool HasArchitecture => Architecture is not null;

    /// <inheritdoc/>
    internal override SamplerKind UsualSampler => SamplerKind.Pndm;
}
