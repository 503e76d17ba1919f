using TrainMm.Core.Diagnostics;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Metrics;

namespace TrainMm.Tests.Training;

public sealed class RunDirectoryTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ASecondLockIsRefusedAndNamesTheHolder()
    {
        var directory = new RunDirectory(Path.Combine(folder.Path, "run"));
        using (directory.Lock())
        {
            var fault = Assert.Throws<RunDirectoryInUseException>(() => directory.Lock());
            Assert.Equal(ExitCode.RunDirectoryInUse, fault.ExitCode);
            Assert.Contains($"by process {Environment.ProcessId} on {Environment.MachineName}", fault.Message, StringComparison.Ordinal);
        }

        directory.Lock().Dispose();
    }

    [Fact]
    public void AMetricsLineHasTheKeysThatScriptsRelyOn()
    {
        var path = Path.Combine(folder.Path, "metrics.jsonl");
        JsonLines.Append(path, Line(1));
        Assert.Equal(
            "{\"step\":1,\"epoch\":0.5,\"loss\":2.5,\"lr\":0.001,\"grad_norm\":1,\"supervised_tokens\":10,\"samples\":4,\"tokens\":0,\"positions\":0,\"tokens_per_second\":100,\"step_ms\":12.5,\"wait_ms\":0,\"sample_hash\":\"ab\"}\n",
            File.ReadAllText(path));
    }

    [Fact]
    public void LinesOfStepsThatComeAgainAreRemovedAndACutLineToo()
    {
        var path = Path.Combine(folder.Path, "metrics.jsonl");
        for (var step = 1; step <= 4; step++) JsonLines.Append(path, Line(step));
        File.AppendAllText(path, "{\"step\":5,\"ep");
        JsonLines.Truncate<StepMetrics>(path, 3, line => line.Step);
        Assert.Equal([1, 2, 3], JsonLines.Read<StepMetrics>(path).Select(line => line.Step));
        Assert.Equal(3, File.ReadAllLines(path).Length);
    }

    [Theory]
    [InlineData("step:3", "step", 3)]
    [InlineData("rename:1", "rename", 1)]
    public void FaultPointsAreReadAsPointAndCount(string text, string point, long count) => Assert.Equal((point, count), FaultPoint.Parse(text));

    [Theory]
    [InlineData("stop:3")]
    [InlineData("step")]
    [InlineData("step:0")]
    [InlineData("step:x")]
    public void AFaultPointThatDoesNotExistIsRefused(string text) => Assert.Throws<ArgumentException>(() => FaultPoint.Parse(text));

    private static StepMetrics Line(long step) => new()
    {
        Step = step,
        Epoch = 0.5,
        Loss = 2.5,
        Lr = 0.001,
        GradNorm = 1,
        SupervisedTokens = 10,
        Samples = 4,
        TokensPerSecond = 100,
        StepMs = 12.5,
        SampleHash = "ab",
    };
}
