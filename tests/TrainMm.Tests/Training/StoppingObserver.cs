using TrainMm.Training.Checkpoints;
using TrainMm.Training.Loop;
using TrainMm.Training.Metrics;

namespace TrainMm.Tests.Training;

/// <summary>Remembers what a run said, and asks it to stop after a step, as a signal would.</summary>
internal sealed class StoppingObserver(StopSignal stop, long? stopAfter) : IRunObserver
{
    public List<RunNotice> Notices { get; } = [];

    public List<HeldOutRecord> HeldOut { get; } = [];

    public List<RejectedCheckpoint> Rejected { get; } = [];

    public List<long> Saved { get; } = [];

    public RunStart? Start { get; private set; }

    public void RunStarted(RunStart start) => Start = start;

    public void CheckpointRejected(RejectedCheckpoint rejected) => Rejected.Add(rejected);

    public void Resumed(string checkpoint, long step)
    {
    }

    public void StepFinished(StepMetrics metrics, StepProgress progress)
    {
        if (metrics.Step == stopAfter) stop.Request("SIGTERM");
    }

    public void HeldOutEvaluated(HeldOutRecord record) => HeldOut.Add(record);

    public void CheckpointSaved(string checkpoint, long step, TimeSpan duration) => Saved.Add(step);

    public void Notice(RunNotice notice) => Notices.Add(notice);

    public void RunFinished(RunResult result)
    {
    }
}
