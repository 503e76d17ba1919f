using TrainMm.Training.Checkpoints;
using TrainMm.Training.Loop;
using TrainMm.Training.Metrics;

namespace TrainMm.Cli.Display;

/// <summary>Tells several observers the same.</summary>
/// <param name="observers">Who listens, in the order in which they are told.</param>
public sealed class ObserverGroup(params IReadOnlyList<IRunObserver> observers) : IRunObserver
{
    /// <inheritdoc/>
    public void RunStarted(RunStart start) => Tell(observer => observer.RunStarted(start));

    /// <inheritdoc/>
    public void CheckpointRejected(RejectedCheckpoint rejected) => Tell(observer => observer.CheckpointRejected(rejected));

    /// <inheritdoc/>
    public void Resumed(string checkpoint, long step) => Tell(observer => observer.Resumed(checkpoint, step));

    /// <inheritdoc/>
    public void StepFinished(StepMetrics metrics, StepProgress progress) => Tell(observer => observer.StepFinished(metrics, progress));

    /// <inheritdoc/>
    public void HeldOutEvaluated(HeldOutRecord record) => Tell(observer => observer.HeldOutEvaluated(record));

    /// <inheritdoc/>
    public void CheckpointSaved(string checkpoint, long step, TimeSpan duration) => Tell(observer => observer.CheckpointSaved(checkpoint, step, duration));

    /// <inheritdoc/>
    public void Notice(RunNotice notice) => Tell(observer => observer.Notice(notice));

    /// <inheritdoc/>
    public void RunFinished(RunResult result) => Tell(observer => observer.RunFinished(result));

    private void Tell(Action<IRunObserver> what)
    {
        foreach (var observer in observers) what(observer);
    }
}
