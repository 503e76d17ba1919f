using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.Generators.Audioldm2;
using TrainMm.Models.Generators.StableDiffusion;
using TrainMm.Models.Generators.Zeroscope;

namespace TrainMm.Models.Generators;

/// <summary>The modality generators.</summary>
public static class GeneratorCatalog
{
    /// <summary>Every kind.</summary>
    public static readonly Catalog<IGenerator, GeneratorContext> All = new(
        "generator",
        CatalogEntry.Of("audioldm2", (Audioldm2Options options, GeneratorContext context) => Audioldm2Generator.Create(options, context), "AudioLDM 2, arXiv:2308.05734"),
        CatalogEntry.Of("stable_diffusion", (StableDiffusionOptions options, GeneratorContext context) => StableDiffusionGenerator.Create(options, context), "latent diffusion, arXiv:2112.10752, section 3"),
        CatalogEntry.Of("zeroscope", (ZeroscopeOptions options, GeneratorContext context) => ZeroscopeGenerator.Create(options, context), "ModelScopeT2V, arXiv:2308.06571, section 3"));
}
