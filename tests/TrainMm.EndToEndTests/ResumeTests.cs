using System.Diagnostics;

namespace TrainMm.EndToEndTests;

/// <summary>The same seed gives the same bytes, whether or not the run was interrupted.</summary>
[Collection(SmokeCollection.Name)]
public sealed class ResumeTests(SmokeRuns runs)
{
    private const int Preempted = 75;

    [Fact]
    public void TheSameSeedTwiceGivesTheSameBytes()
    {
        using var folder = new TempFolder();
        var (pretrained, tuned) = (Path.Combine(folder.Path, "pretrain"), Path.Combine(folder.Path, "sft"));
        SmokeRuns.Pretrain(pretrained);
        runs.Sft(tuned);
        AssertSameFinal(runs.Pretrained, pretrained);
        AssertSameFinal(runs.Tuned, tuned);
    }

    [Fact]
    public void PretrainInterruptedAtARandomStepEndsWithTheSameBytes() => Interrupt(runs.Pretrained, SmokeRuns.PretrainLine);

    [Fact]
    public void SftInterruptedAtARandomStepEndsWithTheSameBytes() => Interrupt(runs.Tuned, runs.SftLine);

    /// <summary>The short form of <c>scripts/soak.sh kills</c>; points inside the writing of a checkpoint are among those that this seed draws.</summary>
    [Fact]
    public void TenKillsCostNothing()
    {
        var output = Trainmm.Run("verify-resume", "--config", "configs/demo/smoke.yaml", "--steps", "8", "--kills", "10").With(0).Output;
        Assert.Contains("The same: 10 kills", output, StringComparison.Ordinal);
        Assert.Matches(@"[( ](save|rename):\d", output);
    }

    private static void Interrupt(string undisturbed, Func<string, string[]> line)
    {
        using var folder = new TempFolder();
        var run = Path.Combine(folder.Path, "run");
        var step = Random.Shared.Next(1, 9);
        var process = Trainmm.Start(line(run));
        var patience = Stopwatch.StartNew();
        while (StepsDone(run) < step && !process.HasExited && patience.Elapsed < TimeSpan.FromMinutes(3)) Thread.Sleep(5);
        process.Terminate();
        var stopped = process.Finish();
        // A step or two may pass before the signal is seen, but the run must not have reached its end.
        stopped.With(Preempted);
        Assert.InRange(StepsDone(run), step, 11);
        Assert.Contains("the same command goes on from there", stopped.Output, StringComparison.Ordinal);
        Assert.Contains("Going on after step", Trainmm.Run(line(run)).With(0).Output, StringComparison.Ordinal);
        Assert.Equal(12, StepsDone(run));
        AssertSameFinal(undisturbed, run);
    }

    private static int StepsDone(string run)
    {
        var metrics = Path.Combine(run, "metrics.jsonl");
        if (!File.Exists(metrics)) return 0;
        using var reader = new StreamReader(new FileStream(metrics, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd().Count(letter => letter == '\n');
    }

    private static void AssertSameFinal(string expected, string actual)
    {
        var files = Directory.GetFiles(Path.Combine(expected, "final"), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(expected, file)).ToList();
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.True(
            File.ReadAllBytes(Path.Combine(expected, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(actual, file))), $"{file} differs between {expected} and {actual}"));
    }
}
