using TrainMm.Core.Config;

namespace TrainMm.Training.Objectives.Autoencoding;

/// <summary>A generator's autoencoder gives media back as they were: each medium that an answer makes must be there. For a run without a language model that trains <c>MODALITY.generator.vae</c>.</summary>
public sealed class AutoencodingOptions : ObjectiveOptions
{
    /// <summary>The weight of the latents' divergence from a standard normal, beside the sum of what all numbers of a medium differ by.</summary>
    [AtLeast(0)]
    public double KlWeight { get; init; } = 1e-6;
}
