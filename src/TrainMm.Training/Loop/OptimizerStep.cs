using TorchSharp;
using TrainMm.Core;
using TrainMm.Models;
using TrainMm.Training.Objectives;
using TrainMm.Training.Optimisation;

namespace TrainMm.Training.Loop;

/// <summary>What one step measured.</summary>
/// <param name="Loss">Cross-entropy per supervised token.</param>
/// <param name="GradNorm">Before clipping.</param>
internal sealed record StepOutcome(double Loss, double GradNorm);

/// <summary>
/// One optimiser step: the batch goes through the model in parts, each part's loss sum divided by the whole batch's count of supervised tokens,
/// so that the gradient does not depend on how the batch was cut.
/// </summary>
internal sealed class OptimizerStep(MultimodalModel model, IObjective objective, IOptimizer optimizer, IReadOnlyList<TrainedParameter> parameters, TrainOptions options, long seed)
{
    private readonly PartGradients? parallel = options.ParallelParts > 1 ? new(model, objective, parameters, options.ParallelParts) : null;
    private readonly AdaptiveClipping? adaptive = options.AdaptiveClipping is { } clipping ? new(clipping, parameters) : null;

    /// <summary>Trains on a batch.</summary>
    /// <param name="batch">On the CPU.</param>
    /// <param name="step">Steps done before this one.</param>
    /// <param name="factor">The schedule's factor on the learning rates.</param>
    /// <exception cref="NonFiniteException">Loss or gradient is not finite; nothing has changed.</exception>
    public StepOutcome Run(Batch batch, long step, double factor)
    {
        var parts = MicroBatches.Cut(batch, options.MicroBatchSize ?? batch.Samples).Select(part => part.Batch);
        var sum = parallel is null ? Add(parts, batch.SupervisedTokens, step) : AddInParallel(parts, batch.SupervisedTokens);
        var outcome = new StepOutcome(sum / batch.SupervisedTokens, Gradients.Norm(parameters));
        if (!double.IsFinite(outcome.Loss) || !double.IsFinite(outcome.GradNorm))
        {
            optimizer.ZeroGradients();
            throw new NonFiniteException(step + 1, outcome.Loss, outcome.GradNorm, batch.SampleIds);
        }

        adaptive?.Clip();
        if (options.MaxGradNorm is { } maximum) Gradients.Clip(parameters, adaptive is null ? outcome.GradNorm : Gradients.Norm(parameters), maximum);
        optimizer.Step(factor);
        optimizer.ZeroGradients();
        return outcome;
    }

    private double Add(IEnumerable<Batch> parts, long tokens, long step)
    {
        var sum = 0.0;
        var first = 0;
        foreach (var part in parts)
        {
            using var scope = torch.NewDisposeScope();
            if (part.SupervisedTokens > 0)
            {
                torch.manual_seed(RandomKey.Of(seed, step, first));
                var terms = objective.Compute(model, part.To(model.Device));
                (terms.Sum / tokens).backward();
                sum += terms.Sum.item<float>();
            }

            first += part.Samples;
        }

        return sum;
    }

    private double AddInParallel(IEnumerable<Batch> parts, long tokens)
    {
        using var scope = torch.NewDisposeScope();
        return parallel!.Add([.. parts.Where(part => part.SupervisedTokens > 0)], tokens);
    }
}
