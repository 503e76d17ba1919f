using TrainMm.Core.Config;
using TrainMm.Models.Generators.Diffusion.Samplers;

namespace TrainMm.Models.Generators.Diffusion;

/// <summary>What the options of latent diffusion models have in common.</summary>
public abstract class DiffusionOptions : IValidatable
{
    /// <summary>A folder in diffusers' layout.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public virtual string? Checkpoint { get; init; }

    /// <summary>How samples are drawn; null is as the checkpoint's scheduler_config.json says, and without one as the model's publishers do.</summary>
    public SamplerKind? Sampler { get; init; }

    /// <summary>η of <c>ddim</c>, the share of fresh noise in each step.</summary>
    [Range(0, 1)]
    public double Eta { get; init; }

    /// <summary>Whether sizes for random weights are given.</summary>
    internal abstract bool HasArchitecture { get; }

    /// <summary>The sampler without a checkpoint.</summary>
    internal abstract SamplerKind UsualSampler { get; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (Checkpoint is null != HasArchitecture) checks.Error(nameof(Checkpoint), "give either a checkpoint or an architecture");
        if (Eta > 0 && Sampler is not SamplerKind.Ddim) checks.Error(nameof(Eta), "is for the sampler ddim alone");
    }
}
