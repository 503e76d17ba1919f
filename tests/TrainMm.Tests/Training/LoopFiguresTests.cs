using System.Runtime;
using TrainMm.Tests.Torch;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Loop;

namespace TrainMm.Tests.Training;

[Collection(ProcessWide.Name)]
public sealed class LoopFiguresTests : IDisposable
{
    /// <summary>Each of six steps is rounded to a hundredth of a millisecond, their sum to a millisecond.</summary>
    private const double RoundingSeconds = 0.001;

    private readonly TinyRun run = new();

    public void Dispose() => run.Dispose();

    [Fact]
    public void ARunSaysHowSmoothlyItsStepsWent()
    {
        var before = GCSettings.LatencyMode;
        run.Train("whole");
        Assert.Equal(before, GCSettings.LatencyMode);
        var figures = RunSummary.Read(new RunDirectory(run.Path("runs/whole"))).Loop!;
        var metrics = TrainMm.Training.Metrics.JsonLines.Read<TrainMm.Training.Metrics.StepMetrics>(run.Path("runs/whole/metrics.jsonl"));
        Assert.Equal((6, metrics.Count), (figures.Steps, 6));
        Assert.All(metrics, line => Assert.InRange(line.WaitMs, 0, line.StepMs));
        Assert.Equal(metrics.Sum(line => line.WaitMs) / 1000, figures.WaitSeconds, RoundingSeconds);
        Assert.InRange(figures.WaitShare, 0, 1);
        Assert.True(figures is { Gen2Collections: >= 0, LongestPauseMs: >= 0, AllocatedKibAtFirst: > 0, AllocatedKibAtLast: > 0 });
    }

    /// <summary>The short form of <c>scripts/soak.sh steps</c>.</summary>
    [Fact]
    public void NothingGrowsWithTheSteps()
    {
        const int NextBatch = 40;
        run.Train("long", settings: ["train.max_steps=400", "evaluation.every_steps=0", "checkpoint.every_steps=400"]);
        var figures = RunSummary.Read(new RunDirectory(run.Path("runs/long"))).Loop!;
        Assert.Equal(400, figures.Steps);
        Assert.InRange(figures.TensorsAtLast, 1, figures.TensorsAtFirst + NextBatch);
        Assert.InRange(figures.AllocatedKibAtLast, 0, figures.AllocatedKibAtFirst * 1.1);
        Assert.InRange(figures.AllocatedKibAtLast, 0, 400);
    }

    [Fact]
    public void ARunThatGoesOnSaysItOfItsOwnSteps()
    {
        run.Train("interrupted", stopAfter: 2);
        Assert.Equal(2, RunSummary.Read(new RunDirectory(run.Path("runs/interrupted"))).Loop!.Steps);
        run.Train("interrupted");
        Assert.Equal(4, RunSummary.Read(new RunDirectory(run.Path("runs/interrupted"))).Loop!.Steps);
    }

    [Fact]
    public void ARunThatIsStoppedBeforeATenthOfItSaysWhatItsStepsAllocated()
    {
        run.Train("short", stopAfter: 3, settings: ["train.max_steps=100"]);
        var figures = RunSummary.Read(new RunDirectory(run.Path("runs/short"))).Loop!;
        Assert.True(figures.AllocatedKibAtFirst > 0);
        Assert.Equal(figures.AllocatedKibAtFirst, figures.AllocatedKibAtLast);
    }
}
