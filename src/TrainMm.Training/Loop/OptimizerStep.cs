using TorchSharp;
using TrainMm.Core;
using TrainMm.Models;
using TrainMm.Torch;
using TrainMm.Training.Objectives;
using TrainMm.Training.Optimisation;

namespace TrainMm.Training.Loop;

/// <summary>What one step measured.</summary>
/// <param name="Loss">What was made smaller: each objective's loss per target, weighted and added.</param>
/// <param name="GradNorm">Before clipping.</param>
/// <param name="Terms">Each objective's loss per target by its kind; null where there is but one.</param>
internal sealed record StepOutcome(double Loss, double GradNorm, IReadOnlyDictionary<string, double>? Terms);

/// <summary>
/// One optimiser step: the batch goes through the model in parts, each part's loss sums divided by the whole batch's counts of targets (supervised tokens, say),
/// so that the gradient does not depend on how the batch was cut. Where memory does not suffice, the parts are halved and the step is taken from its beginning.
/// </summary>
/// <param name="model">What is trained.</param>
/// <param name="objectives">What is made smaller.</param>
/// <param name="optimizer">How a gradient becomes a step.</param>
/// <param name="parameters">What the gradient is taken of.</param>
/// <param name="options">In what portions.</param>
/// <param name="seed">The run's.</param>
/// <param name="packed">Tokens of a packed row; null: samples lie side by side.</param>
internal sealed class OptimizerStep(MultimodalModel model, ObjectiveSet objectives, IOptimizer optimizer, IReadOnlyList<TrainedParameter> parameters, TrainOptions options, long seed, int? packed = null) : IDisposable
{
    private readonly PartGradients? parallel = options.ParallelParts > 1 ? new(model, objectives, parameters, options.ParallelParts) : null;
    private readonly AdaptiveClipping? adaptive = options.AdaptiveClipping is { } clipping ? new(clipping, parameters) : null;

    /// <summary>Samples, or packed rows, that go through the model at once; becomes less where memory does not suffice.</summary>
    public int MicroBatchSize { get; set; } = options.MicroBatchSize ?? options.BatchSize;

    /// <summary>Trains on a batch.</summary>
    /// <param name="batch">On the CPU.</param>
    /// <param name="step">Steps done before this one.</param>
    /// <param name="factor">The schedule's factor on the learning rates.</param>
    /// <param name="giveUp">Asked between parts; null: never.</param>
    /// <returns>Null where the step was given up; nothing has changed then.</returns>
    /// <exception cref="NonFiniteException">Loss or gradient is not finite; nothing has changed.</exception>
    /// <exception cref="MemoryExhaustedException">One sample, or packed row, at a time is too much; nothing has changed.</exception>
    public StepOutcome? Run(Batch batch, long step, double factor, Func<bool>? giveUp = null)
    {
        var counts = objectives.CountsOf(batch);
        if (SumsOf(batch, counts, step, giveUp) is not { } sums)
        {
            optimizer.ZeroGradients();
            return null;
        }

        var outcome = new StepOutcome(objectives.LossOf(sums, counts), Gradients.Norm(parameters), objectives.TermsOf(sums, counts));
        if (!double.IsFinite(outcome.Loss) || !double.IsFinite(outcome.GradNorm))
        {
            var fault = new StepFault(step + 1, outcome.Loss, outcome.GradNorm, Gradients.FirstNonFinite(parameters), batch.SampleIds);
            optimizer.ZeroGradients();
            throw new NonFiniteException(fault);
        }

        adaptive?.Clip();
        if (options.MaxGradNorm is { } maximum) Gradients.Clip(parameters, adaptive is null ? outcome.GradNorm : Gradients.Norm(parameters), maximum);
        optimizer.Step(factor);
        optimizer.ZeroGradients();
        objectives.AfterStep();
        return outcome;
    }

    /// <summary>Positions of a batch that go through the language model as it is cut now, padding among them.</summary>
    public long PositionsOf(Batch batch) => MicroBatches.PositionsOf(batch, MicroBatchSize, packed);

    /// <inheritdoc/>
    public void Dispose() => parallel?.Dispose();

    /// <summary>Adds up losses and gradients, in smaller parts where memory runs out.</summary>
    private double[]? SumsOf(Batch batch, long[] counts, long step, Func<bool>? giveUp)
    {
        while (true)
        {
            try
            {
                var parts = MicroBatches.Cut(batch, MicroBatchSize, packed);
                return parallel is null ? Add(parts, counts, step, giveUp) : AddInParallel(parts, counts, step, giveUp);
            }
            catch (Exception fault) when (OutOfMemory.IsCause(fault))
            {
                optimizer.ZeroGradients();
                var size = Math.Min(MicroBatchSize, MicroBatches.UnitsOf(batch, packed));
                if (size == 1 || objectives.NeedWholeBatch) throw new MemoryExhaustedException(fault, size, packed is not null);
                MicroBatchSize = size / 2;
            }
        }
    }

    private double[]? Add(IEnumerable<MicroBatch> parts, long[] counts, long step, Func<bool>? giveUp)
    {
        var sums = new double[counts.Length];
        var first = 0;
        foreach (var part in parts)
        {
            if (giveUp?.Invoke() == true) return null;
            using var scope = torch.NewDisposeScope();
            if (objectives.HasTargets(part.Batch))
            {
                torch.manual_seed(RandomKey.Of(seed, step, first));
                var loss = objectives.Compute(model, part.Batch, counts, RandomKey.Of(seed, step, part.Rows));
                // A part that meets nothing of what is trained, texts alone beside a projector, say, adds to the loss and not to the gradient.
                if (loss.Loss.requires_grad) loss.Loss.backward();
                var read = loss.Read();
                for (var i = 0; i < sums.Length; i++) sums[i] += read[i];
            }

            first += part.Batch.Samples;
        }

        return sums;
    }

    private double[]? AddInParallel(IEnumerable<MicroBatch> parts, long[] counts, long step, Func<bool>? giveUp)
    {
        using var scope = torch.NewDisposeScope();
        return parallel!.Add([.. parts.Where(part => objectives.HasTargets(part.Batch))], counts, part => RandomKey.Of(seed, step, part.Rows), giveUp);
    }
}
