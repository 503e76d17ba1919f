using TorchSharp;
using TrainMm.Core;
using TrainMm.Models;
using TrainMm.Training.Objectives.Signals;

namespace TrainMm.Training.Objectives.ConditionAlignment;

/// <summary>
/// ‖H_X − τ_X(t)‖² (arXiv:2401.13601, section 2, equation 4), the mean over a condition's numbers, as NExT-GPT (arXiv:2309.05519, section 4.2) and MiniGPT-5 (arXiv:2310.02239, section 3) take it. Its targets are the media that
/// a batch's answers make. Where a condition is left out, the caption is the empty one.
/// </summary>
public sealed class ConditionAlignmentObjective : IObjective
{
    private readonly MultimodalModel model;

    /// <summary>Makes the objective.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The model makes no media.</exception>
    public ConditionAlignmentObjective(ConditionAlignmentOptions options, ObjectiveContext context) => model = SignalConditions.ModelOf(ObjectiveCatalog.ConditionAlignment, options, context);

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
        foreach (var made in SignalConditions.Of(pass, this).Values)
        {
            var target = TargetOf(made);                                                                                        // [G, C, Dg]
            sum = sum + made.Predicted.to_type(torch.float32).sub(target).pow(2).flatten(1).mean([1]).sum();
        }

        return new LossTerms(sum, CountOf(pass.Batch));
    }

    private static torch.Tensor TargetOf(SignalConditions made)
    {
        using var guard = torch.no_grad();
        return made.Path.Targets.Condition(made.Signals.CaptionsBut(made.Dropped)).to_type(torch.float32);
    }
}
