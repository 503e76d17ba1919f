using TorchSharp;
using TrainMm.Core;
using TrainMm.Models;
using TrainMm.Training.Objectives.Signals;

namespace TrainMm.Training.Objectives.LatentDiffusion;

/// <summary>
/// E‖ε − ε_X(z_t, t, H_X)‖² (arXiv:2401.13601, section 2, equation 5): how well the frozen generator tells the noise in a medium's latents under the output projector's condition. Its targets are the media that
/// a batch's answers make; timestep and noise depend on the run's seed, the step and the sample alone. The gradient flows through the generator, which has none of its own.
/// Without a language model it trains the generator itself (arXiv:2112.10752, section 3.3, equation 3): the condition is its own text encoder's, of the caption.
/// </summary>
public sealed class LatentDiffusionObjective : IObjective
{
    private readonly MultimodalModel model;

    /// <summary>Makes the objective.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The model makes no media.</exception>
    public LatentDiffusionObjective(LatentDiffusionOptions options, ObjectiveContext context) => model = SignalConditions.ModelOf(ObjectiveCatalog.LatentDiffusion, options, context);

    /// <inheritdoc/>
    public bool NeedsLanguageModel => SignalConditions.NeedLanguageModel(model);

    /// <inheritdoc/>
    public long CountOf(Batch batch) => SignalConditions.CountOf(model, batch);

    /// <inheritdoc/>
    public IReadOnlyCollection<int> WantedLayers => SignalConditions.LayersOf(model);

    /// <inheritdoc/>
    public torch.Tensor? WantedPositions(ForwardPass pass) => SignalConditions.PositionsOf(pass);

    /// <inheritdoc/>
    public LossTerms Compute(ForwardPass pass)
    {
        var sum = torch.zeros([], torch.float32, model.Device);
        foreach (var (modality, made) in SignalConditions.Of(pass, this))
        {
            var encoded = made.Path.Targets.Encode(made.Signals.Targets!);                                                      // [G, 2 · channels, h, w]
            var keys = SignalConditions.KeysOf(pass, modality, made.Signals, ObjectiveCatalog.LatentDiffusion);
            sum = sum + made.Path.Generator.Loss(made.Predicted, encoded, keys).sum();                                          // [G]
        }

        return new LossTerms(sum, CountOf(pass.Batch));
    }
}
