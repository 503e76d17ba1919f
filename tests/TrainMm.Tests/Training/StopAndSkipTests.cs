using TrainMm.Core.Diagnostics;
using TrainMm.Tests.Torch;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Loop;
using TrainMm.Training.Metrics;

namespace TrainMm.Tests.Training;

/// <summary>What a run does where it cannot simply take the next step: a signal in the middle, numbers that are not finite.</summary>
[Collection(ProcessWide.Name)]
public sealed class StopAndSkipTests : IDisposable
{
    private readonly TinyRun run = new();

    public void Dispose() => run.Dispose();

    /// <summary>A signal right before an evaluation: it is left where it is, and taken by the run that goes on.</summary>
    [Fact]
    public void AnEvaluationThatWasInterruptedIsDoneByTheResumedRun()
    {
        run.Train("whole");
        Assert.Equal(ExitCode.Preempted, run.Train("stopped", stopAfter: 3).ExitCode);
        Assert.DoesNotContain(JsonLines.Read<HeldOutRecord>(run.Path("runs/stopped/heldout.jsonl")), record => record.Step == 3);
        Assert.True(CheckpointStore.ReadState(run.Path("runs/stopped/checkpoints/step-00000003")).EvaluationIsDue);
        Assert.Equal(ExitCode.Done, run.Train("stopped").ExitCode);
        Assert.Equal(run.Final("whole"), run.Final("stopped"));
        Assert.Equal(File.ReadAllText(run.Path("runs/whole/heldout.jsonl")), File.ReadAllText(run.Path("runs/stopped/heldout.jsonl")));
        Assert.Equal(TinyRun.FilesOf(run.Path("runs/whole/checkpoints")).Select(Comparable), TinyRun.FilesOf(run.Path("runs/stopped/checkpoints")).Select(Comparable));
    }

    [Fact]
    public void WithoutGraceTheStepIsTakenAgainByTheResumedRun()
    {
        run.Train("whole");
        Assert.Equal(ExitCode.Preempted, run.Train("stopped", stopAfter: 2, settings: "train.grace_seconds=0").ExitCode);
        Assert.Equal(ExitCode.Done, run.Train("stopped", settings: "train.grace_seconds=0").ExitCode);
        Assert.Equal(run.Final("whole"), run.Final("stopped"));
        Assert.Equal(run.Metrics("whole"), run.Metrics("stopped"));
    }

    /// <summary>A learning rate beyond all numbers: the second step finds weights that overflow.</summary>
    [Fact]
    public void AStepThatIsNotFiniteEndsTheRunAndNamesTensorAndCheckpoint()
    {
        string[] settings = ["optimizer.learning_rate=1e30", "schedule.warmup_steps=0", "checkpoint.every_steps=1", "evaluation.every_steps=0"];
        var fault = Assert.Throws<NonFiniteException>(() => run.Train("run", settings: settings));
        Assert.Contains("first in ", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"last checkpoint: {run.Path("runs/run/checkpoints/step-")}", fault.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NonFinite, fault.ExitCode);
    }

    [Fact]
    public void StepsThatAreNotFiniteAreLeftOutUpToALimit()
    {
        string[] settings = ["optimizer.learning_rate=1e30", "schedule.warmup_steps=0", "train.max_steps=12", "train.on_non_finite=skip", "train.max_consecutive_skips=4", "evaluation.every_steps=0"];
        Assert.Throws<NonFiniteException>(() => run.Train("run", settings: settings));
        var metrics = run.Metrics("run");
        Assert.Equal(4, metrics.Count(step => step.Skipped));
        Assert.All(metrics.Where(step => step.Skipped), step => Assert.False(double.IsFinite(step.Loss) && double.IsFinite(step.GradNorm)));
        var state = CheckpointStore.ReadState(run.Path($"runs/run/checkpoints/step-{metrics[^1].Step / 2 * 2:D8}"));
        Assert.InRange(state.ConsecutiveSkips, 1, 4);

        // The run that goes on still knows how many there were in a row.
        Assert.Throws<NonFiniteException>(() => run.Train("run", settings: settings));
        Assert.Equal(metrics.Select(step => (step.Step, step.Skipped, step.SampleHash)), run.Metrics("run").Select(step => (step.Step, step.Skipped, step.SampleHash)));
    }

    /// <summary>State files name their run directory in the configuration's comments nowhere, so that they can be compared as they are.</summary>
    private static (string Name, string Content) Comparable(KeyValuePair<string, byte[]> file) => (file.Key, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(file.Value)));
}
