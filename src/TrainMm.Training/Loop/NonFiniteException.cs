using TrainMm.Core.Diagnostics;

namespace TrainMm.Training.Loop;

/// <summary>Loss or gradient of a step is not finite. Weights and optimiser are as they were before the step.</summary>
/// <param name="step">The step, from 1.</param>
/// <param name="loss">Its loss.</param>
/// <param name="gradNorm">Its gradient's norm.</param>
/// <param name="samples">The ids of its samples.</param>
public sealed class NonFiniteException(long step, double loss, double gradNorm, IReadOnlyList<string> samples)
    : UserException($"Step {step}: {(double.IsFinite(loss) ? $"the gradient is not finite (norm {gradNorm})" : $"the loss is not finite ({loss})")}. Weights and optimiser were left as they were.\n"
        + $"  samples: {string.Join(", ", samples)}\n  hint: a lower optimizer.learning_rate or train.max_grad_norm, model.dtype: float32, or a look at these samples")
{
    /// <summary>The ids of the step's samples.</summary>
    public IReadOnlyList<string> Samples { get; } = samples;

    /// <inheritdoc/>
    public override ExitCode ExitCode => ExitCode.NonFinite;
}
