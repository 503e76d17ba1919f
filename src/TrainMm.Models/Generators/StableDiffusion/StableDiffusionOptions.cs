using TrainMm.Core.Config;
using TrainMm.Models.Generators.Diffusion;
using TrainMm.Models.Generators.Diffusion.Samplers;

namespace TrainMm.Models.Generators.StableDiffusion;

/// <summary>Stable Diffusion 1 and 2.</summary>
public sealed class StableDiffusionOptions : ClipDiffusionOptions
{
    /// <summary>Random weights of these sizes, instead of a checkpoint.</summary>
    public StableDiffusionArchitecture? Architecture { get; init; }

    /// <summary>Pixels of the square images' side; null is what the UNet was made for.</summary>
    [AtLeast(8)]
    public int? ImageSize { get; init; }

    /// <inheritdoc/>
    internal override bool HasArchitecture => Architecture is not null;

    /// <inheritdoc/>
    internal override SamplerKind UsualSampler => SamplerKind.Pndm;
}
