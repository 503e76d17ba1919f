using TorchSharp;
using TrainMm.Core;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Training.Objectives.Signals;

namespace TrainMm.Training.Objectives.Autoencoding;

/// <summary>
/// The autoencoder of a latent diffusion model (arXiv:2112.10752, section 3.1 and appendix G): ‖x − x̂‖₁ and a little of the latents' divergence from a standard normal, both divided by a medium's numbers;
/// without the perceptual and the adversarial term that the paper has beside them. Latents are drawn by the run's seed, the step and the sample alone.
/// </summary>
public sealed class AutoencodingObjective : IObjective
{
    private readonly MultimodalModel model;
    private readonly double klWeight;

    /// <summary>Makes the objective.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The model has no generator, or one without an autoencoder that can be trained.</exception>
    public AutoencodingObjective(AutoencodingOptions options, ObjectiveContext context) =>
        (model, klWeight) = (SignalConditions.TrainableModelOf("autoencoding", options, context), options.KlWeight);

    /// <inheritdoc/>
    public bool NeedsLanguageModel => false;

    /// <inheritdoc/>
    public long CountOf(Batch batch) => SignalConditions.CountOf(model, batch);

    /// <inheritdoc/>
    public LossTerms Compute(ForwardPass pass)
    {
        var sum = torch.zeros([], torch.float32, model.Device);
        foreach (var (modality, path, signals) in SignalConditions.MadeOf(model, pass.Batch))
        {
            var keys = SignalConditions.KeysOf(pass, modality, signals, "autoencoding");
            var made = ((ILatentDiffusionGenerator)path.Generator).Reconstruct(signals.Targets!, keys);
            var numbers = signals.Targets!.numel() / signals.Count;
            sum = sum + ((made.Media.sub(signals.Targets).abs().sum() + (made.Divergence.sum() * klWeight)) / numbers);
        }

        return new LossTerms(sum, CountOf(pass.Batch));
    }
}
