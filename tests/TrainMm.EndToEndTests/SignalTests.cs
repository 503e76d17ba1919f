using System.Diagnostics;

namespace TrainMm.EndToEndTests;

/// <summary>Signals at the moments at which a loop that only looks once a step would not see them.</summary>
public sealed class SignalTests : IDisposable
{
    private const int Preempted = 75;
    private const int Terminated = 128 + 15;
    private readonly TempFolder folder = new();

    private string Run => Path.Combine(folder.Path, "run");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void WhileTheModelIsLoaded()
    {
        var process = Trainmm.Start(SmokeRuns.PretrainLine(Run));
        WaitFor(process, () => File.Exists(Path.Combine(Run, ".lock-holder.json")));
        process.Terminate();
        process.Finish().With(Preempted);
        Trainmm.Run([.. SmokeRuns.PretrainLine(Run), "--set", "train.max_steps=1"]).With(0);
    }

    /// <summary>A step of several minutes, and two seconds of grace: it is given up after the first of them.</summary>
    [Fact]
    public void InAStepThatWouldTakeLongerThanTheGrace()
    {
        var process = InALongStep("train.grace_seconds=2");
        var asked = Stopwatch.StartNew();
        process.Terminate();
        var outcome = process.Finish().With(Preempted);
        Assert.Contains("stopped after step 0", outcome.Output, StringComparison.Ordinal);
        Assert.True(asked.Elapsed < TimeSpan.FromSeconds(60), $"it took {asked.Elapsed}");
        Assert.True(Directory.Exists(Path.Combine(Run, "checkpoints", "step-00000000")));
    }

    [Fact]
    public void ASecondOneEndsTheProcessAtOnce()
    {
        var process = InALongStep("train.grace_seconds=100000");
        process.Terminate();
        Thread.Sleep(TimeSpan.FromSeconds(1));
        Assert.False(process.HasExited);
        process.Terminate();
        Assert.Contains("once more", process.Finish().With(Terminated).Error, StringComparison.Ordinal);
    }

    private Trainmm.Running InALongStep(string grace)
    {
        string[] settings = ["train.max_steps=2", "train.batch_size=4000", "train.micro_batch_size=4", "train.feature_cache=off", "evaluation.every_steps=0", grace];
        var process = Trainmm.Start([.. SmokeRuns.PretrainLine(Run), .. settings.SelectMany(value => (string[])["--set", value])]);
        WaitFor(process, () => Directory.Exists(Path.Combine(Run, "checkpoints")));
        Thread.Sleep(TimeSpan.FromSeconds(1));
        return process;
    }

    private static void WaitFor(Trainmm.Running process, Func<bool> isThere)
    {
        while (!isThere() && !process.HasExited) Thread.Sleep(5);
    }
}
