using TrainMm.Core.Diagnostics;
using TrainMm.Data.Manifests;
using TrainMm.Tests.Torch;
using TrainMm.Training.Loop;
using TrainMm.Training.Metrics;

namespace TrainMm.Tests.Training;

/// <summary>Rows and media that cannot be used are set aside, said and counted; the others stay in their order.</summary>
[Collection(ProcessWide.Name)]
public sealed class BadSampleRunTests : IDisposable
{
    private const string Tolerant = "data.max_bad_fraction=0.3";
    private readonly TinyRun run = new();

    public BadSampleRunTests()
    {
        // A picture that is none, one that is cut off, one that is not there, a row that is no JSON, one that says nothing, and an emptied file.
        File.WriteAllText(run.Path("pictures/3.png"), "this is no picture");
        File.WriteAllBytes(run.Path("pictures/5.png"), File.ReadAllBytes(run.Path("pictures/5.png"))[..60]);
        File.Delete(run.Path("pictures/7.png"));
        File.WriteAllBytes(run.Path("pictures/13.png"), []);
        var rows = File.ReadAllLines(run.Path("train.jsonl"));
        rows[9] = rows[9][..20];
        rows[11] = rows[11].Replace("\"value\":\"white\"", "\"value\":\"\"", StringComparison.Ordinal);
        run.Write("train.jsonl", string.Join('\n', rows) + "\n");
        run.Write("pretrain-alone.yaml", "extends: pretrain.yaml\ndata: { validation: null }\nevaluation: { every_steps: 0, manifests: [] }\n");
    }

    public void Dispose() => run.Dispose();

    [Fact]
    public void TheyAreSetAsideAndTheRunGoesOnWithoutThem()
    {
        Assert.Equal(ExitCode.Done, Train("run").ExitCode);
        var aside = JsonLines.Read<QuarantinedRow>(run.Path("runs/run/quarantine.jsonl"));
        Assert.Equal([4, 6, 8, 10, 12, 14], aside.Select(LineOf).Order());
        Assert.All(aside, row => Assert.Equal(64, row.Hash!.Length));
        Assert.All(aside.Where(row => LineOf(row) is 4 or 6 or 14), row => Assert.Contains(".png", row.Reason, StringComparison.Ordinal));

        // Three were left out when the rows were read, three when their turn came, once each in the 24 places of six steps.
        Assert.Equal(24 - 3, run.Metrics("run").Sum(step => step.Samples));
        Assert.Equal(ExitCode.Preempted, Train("stopped", stopAfter: 3).ExitCode);
        Assert.Equal(ExitCode.Done, Train("stopped").ExitCode);
        Assert.Equal(run.Final("run"), run.Final("stopped"));
        Assert.Equal(run.Metrics("run"), run.Metrics("stopped"));
        Assert.Equal(aside.Select(row => row.Origin).Order(), JsonLines.Read<QuarantinedRow>(run.Path("runs/stopped/quarantine.jsonl")).Select(row => row.Origin).Order());
    }

    /// <summary>What a run has set aside a manifest leaves out: the next run finds nothing.</summary>
    [Fact]
    public void TheFileIsWhatAManifestTakes()
    {
        Train("run");
        File.Copy(run.Path("runs/run/quarantine.jsonl"), run.Path("bad.jsonl"));
        run.Write("train.yaml", File.ReadAllText(run.Path("train.yaml")) + "quarantine: bad.jsonl\n");
        Assert.Equal(ExitCode.Done, Train("clean", "data.on_bad_sample=fail").ExitCode);
        Assert.False(File.Exists(run.Path("runs/clean/quarantine.jsonl")));
    }

    [Fact]
    public void OneTooManyEndsTheRun()
    {
        var atOpening = Assert.Throws<DataException>(() => Train("strict", "data.max_bad_fraction=0.01"));
        Assert.Contains("train.jsonl:10", atOpening.Message, StringComparison.Ordinal);
        Assert.Contains("7.png", atOpening.Message, StringComparison.Ordinal);
        var later = Assert.Throws<DataException>(() => Train("later", "data.max_bad_fraction=0.2"));
        Assert.Contains("more than data.max_bad_fraction (0.2) allows", later.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Data, later.ExitCode);
        Assert.Contains("7.png", Assert.Throws<DataException>(() => Train("fail", "data.on_bad_sample=fail")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATextThatIsTooLongEndsTheRunWhereThatIsAskedFor()
    {
        var fault = Assert.Throws<DataException>(() => Train("long", "data.max_length=8"));
        Assert.Contains("tokens", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>A held-out picture that cannot be decoded ends the run, but not what it has learnt: the mended run goes on with the evaluation.</summary>
    [Fact]
    public void AnEvaluationThatFailsLosesNoStep()
    {
        run.Train("whole", "pretrain-alone.yaml", settings: [Tolerant, "data.validation=" + Held("held")]);
        var picture = File.ReadAllBytes(run.Path("held/0.png"));
        File.WriteAllBytes(run.Path("held/0.png"), []);
        string[] settings = [Tolerant, "data.validation=" + run.Path("held.yaml")];
        Assert.Throws<DataException>(() => run.Train("mended", "pretrain-alone.yaml", settings: settings));
        Assert.True(Directory.Exists(run.Path("runs/mended/checkpoints/step-00000006")));
        File.WriteAllBytes(run.Path("held/0.png"), picture);
        Assert.Equal(ExitCode.Done, run.Train("mended", "pretrain-alone.yaml", settings: settings).ExitCode);
        Assert.Equal(run.Final("whole"), run.Final("mended"));
        Assert.Equal(File.ReadAllText(run.Path("runs/whole/heldout.jsonl")), File.ReadAllText(run.Path("runs/mended/heldout.jsonl")));
    }

    private string Held(string name)
    {
        Directory.CreateDirectory(run.Path(name));
        foreach (var i in (int[])[0, 1, 2]) File.Copy(run.Path($"pictures/{i}.png"), run.Path($"{name}/{i}.png"));
        run.Write($"{name}.jsonl", string.Join('\n', File.ReadAllLines(run.Path("test.jsonl")).Take(3)) + "\n");
        return run.Write($"{name}.yaml", $"name: {name}\nrows: {{ kind: llava_jsonl, path: {name}.jsonl }}\nmedia: {{ kind: folder, path: {name} }}\n");
    }

    private RunResult Train(string name, string setting = Tolerant, long? stopAfter = null) =>
        run.Train(name, "pretrain-alone.yaml", stopAfter, settings: setting == Tolerant ? [Tolerant] : [Tolerant, setting]);

    private static int LineOf(QuarantinedRow row) => int.Parse(row.Origin.Split(':')[^1]);
}
