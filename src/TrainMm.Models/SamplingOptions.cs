using TrainMm.Core.Config;
using TrainMm.Core.Roles;

namespace TrainMm.Models;

/// <summary>How a generator's media are drawn; what is not given is the generator's own.</summary>
public sealed class SamplingOptions
{
    /// <summary>Steps of the sampler; null is as many as the generator's publishers take.</summary>
    [AtLeast(1)]
    public int? Steps { get; init; }

    /// <summary>How far the prediction goes from the negative condition's towards the condition's and beyond (classifier-free guidance, arXiv:2207.12598); 1 is the condition's alone, null is what the generator's publishers take.</summary>
    [AtLeast(0)]
    public double? GuidanceScale { get; init; }

    /// <summary>Seeds the noise, an answer's second medium with the next number and so on; the same seed gives the same medium. null is 0.</summary>
    [AtLeast(0)]
    public long? Seed { get; init; }

    /// <summary>These options, and where they say nothing those of others.</summary>
    public SamplingOptions Or(SamplingOptions others) => new() { Steps = Steps ?? others.Steps, GuidanceScale = GuidanceScale ?? others.GuidanceScale, Seed = Seed ?? others.Seed };

    /// <summary>These options, and where they say nothing the generator's own.</summary>
    public SamplingOptions Or(SamplerSpec sampler) => Or(new SamplingOptions { Steps = sampler.Steps, GuidanceScale = sampler.GuidanceScale, Seed = 0 });
}
