using TrainMm.Training.Checkpoints;
using TrainMm.Training.Metrics;

namespace TrainMm.Training.Loop;

/// <summary>What a run tells whoever shows or logs it. All calls come from the training thread, in the order in which things happen.</summary>
public interface IRunObserver
{
    /// <summary>The model is built and the data are open; comes first, with the table of parts.</summary>
    void RunStarted(RunStart start);

    /// <summary>A checkpoint was found damaged or incomplete and is passed over.</summary>
    void CheckpointRejected(RejectedCheckpoint rejected);

    /// <summary>The run goes on from a checkpoint.</summary>
    void Resumed(string checkpoint, long step);

    /// <summary>An optimiser step is done.</summary>
    void StepFinished(StepMetrics metrics, StepProgress progress);

    /// <summary>Held-out loss was taken.</summary>
    void HeldOutEvaluated(HeldOutRecord record);

    /// <summary>A checkpoint is durable.</summary>
    void CheckpointSaved(string checkpoint, long step, TimeSpan duration);

    /// <summary>Something the user should know; warnings are marked.</summary>
    void Notice(RunNotice notice);

    /// <summary>The run has ended, by its plan or by a signal (not called when an exception ends it).</summary>
    void RunFinished(RunResult result);
}

/// <summary>A remark on a run.</summary>
/// <param name="Text">One sentence.</param>
/// <param name="IsWarning">Whether the user should act on it.</param>
public sealed record RunNotice(string Text, bool IsWarning = false);

/// <summary>Where a run stands after a step, beside its metrics.</summary>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Remaining">Estimated time to the last step.</param>
/// <param name="MemoryBytes">The process's resident memory, or on a GPU the memory that its tensors hold.</param>
public sealed record StepProgress(long TotalSteps, TimeSpan Remaining, long MemoryBytes);

/// <summary>Hears nothing.</summary>
public sealed class SilentObserver : IRunObserver
{
    /// <inheritdoc/>
    public void RunStarted(RunStart start)
    {
    }

    /// <inheritdoc/>
    public void CheckpointRejected(RejectedCheckpoint rejected)
    {
    }

    /// <inheritdoc/>
    public void Resumed(string checkpoint, long step)
    {
    }

    /// <inheritdoc/>
    public void StepFinished(StepMetrics metrics, StepProgress progress)
    {
    }

    /// <inheritdoc/>
    public void HeldOutEvaluated(HeldOutRecord record)
    {
    }

    /// <inheritdoc/>
    public void CheckpointSaved(string checkpoint, long step, TimeSpan duration)
    {
    }

    /// <inheritdoc/>
    public void Notice(RunNotice notice)
    {
    }

    /// <inheritdoc/>
    public void RunFinished(RunResult result)
    {
    }
}
