using System.Text.Json;

namespace TrainMm.EndToEndTests;

/// <summary>What both stages leave in their run directories.</summary>
[Collection(SmokeCollection.Name)]
public sealed class RunDirectoryTests(SmokeRuns runs)
{
    private const int Steps = 12;

    private static readonly string[] MetricNames =
        ["step", "epoch", "loss", "lr", "grad_norm", "supervised_tokens", "samples", "tokens", "positions", "tokens_per_second", "step_ms", "wait_ms", "sample_hash"];

    [Fact]
    public void PretrainLeavesItsFiles() => AssertFiles(runs.Pretrained, "final/component.json", "final/input_projector.safetensors");

    [Fact]
    public void SftLeavesItsFiles() => AssertFiles(
        runs.Tuned, "final/adapter/adapter_config.json", "final/adapter/adapter_model.safetensors", "final/component.json", "final/input_projector.safetensors");

    [Fact]
    public void EveryStepIsALineOfMetrics()
    {
        foreach (var run in (string[])[runs.Pretrained, runs.Tuned])
        {
            var lines = File.ReadAllLines(Path.Combine(run, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToList();
            Assert.Equal(Steps, lines.Count);
            Assert.All(lines, line => Assert.Equal(MetricNames, line.EnumerateObject().Select(property => property.Name)));
            Assert.Equal(Enumerable.Range(1, Steps), lines.Select(line => line.GetProperty("step").GetInt32()));
            Assert.All(lines, line => Assert.Equal(8, line.GetProperty("samples").GetInt32()));
            Assert.Equal(Steps, lines.Select(line => line.GetProperty("sample_hash").GetString()).Distinct().Count());
        }
    }

    [Fact]
    public void LossFallsInBothStages()
    {
        foreach (var run in (string[])[runs.Pretrained, runs.Tuned])
        {
            var losses = Losses(run);
            Assert.True(losses.TakeLast(3).Average() < losses.Take(3).Average(), $"{run}: {string.Join(' ', losses)}");
        }
    }

    [Fact]
    public void TheLogIsJsonLinesAndTheConsolePlainOnes()
    {
        var log = File.ReadAllLines(Path.Combine(runs.Pretrained, "log.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Contains(log, line => line.GetProperty("RenderedMessage").GetString()!.StartsWith("Done: 12 steps", StringComparison.Ordinal));
        Assert.DoesNotContain('\u001b', runs.PretrainOutcome.Output);
        Assert.Contains("image.input_projector", runs.PretrainOutcome.Output, StringComparison.Ordinal);
        Assert.Contains("Step 12/12", runs.PretrainOutcome.Output, StringComparison.Ordinal);
        Assert.Empty(runs.PretrainOutcome.Error);
    }

    [Fact]
    public void TheReportIsOnePageWithoutNetwork()
    {
        var page = File.ReadAllText(Path.Combine(runs.Tuned, "report.html"));
        Assert.Contains("<svg", page, StringComparison.Ordinal);
        Assert.Contains("data:image/png;base64,", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"http", page, StringComparison.Ordinal);
    }

    [Fact]
    public void TheResolvedConfigurationCanBeRunAgain()
    {
        using var folder = new TempFolder();
        var again = Path.Combine(folder.Path, "again");
        Trainmm.Run("pretrain", "--config", Path.Combine(runs.Pretrained, "config.yaml"), "--run-dir", again).With(0);
        Assert.Equal(Losses(runs.Pretrained), Losses(again));
        Assert.Equal(File.ReadAllText(Path.Combine(runs.Pretrained, "config.yaml")), File.ReadAllText(Path.Combine(again, "config.yaml")));
    }

    private static List<double> Losses(string run) =>
        [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("loss").GetDouble())];

    private static void AssertFiles(string run, params string[] final)
    {
        string[] promised = ["config.yaml", "log.jsonl", "metrics.jsonl", "report.html", .. final];
        Assert.All(promised, file => Assert.True(File.Exists(Path.Combine(run, file)), $"{file} is missing in {run}"));
        Assert.Equal(final, Directory.EnumerateFiles(Path.Combine(run, "final"), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(run, file)).Order(StringComparer.Ordinal));
        var checkpoints = Directory.GetDirectories(Path.Combine(run, "checkpoints")).Order(StringComparer.Ordinal).ToList();
        Assert.Equal("step-00000012", Path.GetFileName(checkpoints[^1]));
        Assert.All(checkpoints, checkpoint => Assert.Equal(
            ["manifest.json", "optimizer.safetensors", "state.json", "trainable.safetensors"],
            Directory.GetFiles(checkpoint).Select(Path.GetFileName).Order(StringComparer.Ordinal)));
    }
}
