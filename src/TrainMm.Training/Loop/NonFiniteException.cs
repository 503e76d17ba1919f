using TrainMm.Core.Diagnostics;

namespace TrainMm.Training.Loop;

/// <summary>What becomes of a run when a step's loss or gradient is not finite. Weights and optimiser keep their values either way.</summary>
public enum NonFinitePolicy
{
    /// <summary>The run ends with exit code 5; its checkpoints are from before.</summary>
    Stop,

    /// <summary>The step is left out and the next one taken, up to max_consecutive_skips in a row.</summary>
    Skip,
}

/// <summary>Loss or gradient of a step is not finite. Weights and optimiser are as they were before the step.</summary>
public sealed class NonFiniteException : UserException
{
    private readonly StepFault fault;

    /// <summary>Says what is not finite.</summary>
    /// <param name="fault">What was found.</param>
    /// <param name="checkpoint">The newest checkpoint, which is from before; null where there is none.</param>
    internal NonFiniteException(StepFault fault, string? checkpoint = null)
        : base($"{fault.Describe()} Weights and optimiser were left as they were.\n  samples: {string.Join(", ", fault.Samples)}"
            + (checkpoint is null ? "" : $"\n  last checkpoint: {checkpoint}")
            + "\n  hint: a lower optimizer.learning_rate or train.max_grad_norm, model.dtype: float32, or a look at these samples; train.on_non_finite: skip leaves such steps out")
    {
        this.fault = fault;
    }

    /// <summary>The ids of the step's samples.</summary>
    public IReadOnlyList<string> Samples => fault.Samples;

    /// <inheritdoc/>
    public override ExitCode ExitCode => ExitCode.NonFinite;

    /// <summary>What was found.</summary>
    internal StepFault Fault => fault;

    /// <summary>The same with the checkpoint that a run can go back to.</summary>
    internal NonFiniteException With(string? checkpoint) => new(fault, checkpoint);
}

/// <summary>A step whose numbers are not finite.</summary>
/// <param name="Step">The step, from 1.</param>
/// <param name="Loss">Its loss.</param>
/// <param name="GradNorm">Its gradient's norm.</param>
/// <param name="FirstTensor">The first tensor, in the model's order, with a number that is not finite; null where each gradient is finite and only their norm is not.</param>
/// <param name="Samples">The ids of its samples.</param>
internal sealed record StepFault(long Step, double Loss, double GradNorm, string? FirstTensor, IReadOnlyList<string> Samples)
{
    /// <summary>One sentence.</summary>
    public string Describe()
    {
        var what = double.IsFinite(Loss) ? $"the gradient is not finite (norm {GradNorm})" : $"the loss is not finite ({Loss})";
        return $"Step {Step}: {what}{(FirstTensor is null ? "" : $", first in {FirstTensor}")}.";
    }
}
