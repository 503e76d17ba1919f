using TrainMm.Core.Diagnostics;

namespace TrainMm.EndToEndTests;

/// <summary>What the program shows, and the exit code it ends with, for what users get wrong.</summary>
[Collection(SmokeCollection.Name)]
public sealed class UserMistakesTests(SmokeRuns runs) : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void SeveralMistakesInAConfiguration()
    {
        var config = folder.Write("run.yaml", $"extends: {Path.Combine(Trainmm.Root, "configs/demo/pretrain.yaml")}\ntrain: {{ max_stepz: 3, batch_size: many }}\nmodel: {{ language_model: {{ kind: lama }} }}\n");
        Shows("configuration", ExitCode.Configuration, "pretrain", "--config", config, "--run-dir", Run);
    }

    [Fact]
    public void ConfigurationThatIsNotThere() => Shows("no-configuration", ExitCode.Configuration, "pretrain", "--config", "nowhere.yaml");

    [Fact]
    public void ManifestThatIsNotThere() => Pretrain("no-manifest", ExitCode.Configuration, "data.train=nowhere.yaml");

    [Fact]
    public void CheckpointFolderThatIsNotThere() => Pretrain("no-checkpoint", ExitCode.Configuration, "model.language_model.checkpoint=nowhere");

    [Fact]
    public void PathsThatTrainNothing() => Pretrain("trainable", ExitCode.Configuration, "trainable=[image.input_projektor]");

    [Fact]
    public void ProjectorOfAnotherWidth() => Pretrain(
        "width",
        ExitCode.Configuration,
        $"model.modalities.image.input_projector.checkpoint={runs.Pretrained}/final/input_projector.safetensors",
        "model.modalities.image.input_projector.hidden_width=128");

    [Fact]
    public void RowThatIsNoJson() => Pretrain("broken-row", ExitCode.Data, Data("{\"id\":\"a\",\"image\":\"x.png\",\"conversations\":[{\"from\":\"human\"\n"));

    [Fact]
    public void RowWithAnUnknownRole() => Pretrain("unknown-role", ExitCode.Data, Data(Row("x.png").Replace("human", "humen", StringComparison.Ordinal)));

    [Fact]
    public void PictureThatIsNotThere() => Pretrain("no-picture", ExitCode.Data, Data(Row("missing.png")));

    [Fact]
    public void PictureThatIsNone()
    {
        folder.Write("pictures/x.png", "this is no picture");
        Pretrain("no-png", ExitCode.Data, Data(Row("x.png")));
    }

    [Fact]
    public void FirstStageThatIsNotThere() => Shows(
        "no-initial-run", ExitCode.Configuration, "sft", "--config", "configs/demo/smoke.yaml", "--set", $"initial_run={folder.Path}/nowhere", "--run-dir", Run);

    [Fact]
    public void OtherOptionsWhenResuming()
    {
        Copy(runs.Pretrained, Run);
        Pretrain("changed-configuration", ExitCode.Configuration, "optimizer.learning_rate=1e-4", "seed=7");
    }

    [Fact]
    public void RunDirectoryThatMustBeEmpty()
    {
        Copy(runs.Pretrained, Run);
        Shows("never-resume", ExitCode.CorruptCheckpoint, [.. SmokeRuns.PretrainLine(Run), "--resume", "never"]);
    }

    [Fact]
    public void NoCheckpointThatIsSound()
    {
        Copy(runs.Pretrained, Run);
        foreach (var file in Directory.GetFiles(Path.Combine(Run, "checkpoints"), "trainable.safetensors", SearchOption.AllDirectories))
        {
            var bytes = File.ReadAllBytes(file);
            bytes[^1] ^= 1;
            File.WriteAllBytes(file, bytes);
        }

        Shows("corrupt-checkpoints", ExitCode.CorruptCheckpoint, SmokeRuns.PretrainLine(Run));
    }

    [Fact]
    public void RunDirectoryInUse()
    {
        var first = Trainmm.Start([.. SmokeRuns.PretrainLine(Run), "--set", "train.max_steps=100000"]);
        while (!File.Exists(Path.Combine(Run, "metrics.jsonl")) && !first.HasExited) Thread.Sleep(20);
        var second = Trainmm.Run(SmokeRuns.PretrainLine(Run));
        first.Terminate();
        first.Finish().With((int)ExitCode.Preempted);
        second.With((int)ExitCode.RunDirectoryInUse);
        Assert.Contains(Run, second.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void EvaluationOfWhatIsNoRun() => Shows("eval-no-run", ExitCode.Configuration, "eval", "--run", $"{folder.Path}/nowhere");

    [Fact]
    public void SplitThatIsNotThere() => Shows("eval-no-split", ExitCode.Data, "eval", "--run", runs.Tuned, "--split", "test_drawings");

    [Fact]
    public void QuestionAboutAPictureThatIsNotThere() => Shows("generate-no-picture", ExitCode.Data, "generate", "--run", runs.Tuned, "--image", $"{folder.Path}/nowhere.png", "--prompt", "What is this?");

    [Fact]
    public void KindThatIsNotThere() => Shows("describe-no-kind", ExitCode.Configuration, "describe", "input_projector", "mpl");

    [Fact]
    public void StackTracesAreShownOnRequestOnly()
    {
        Assert.DoesNotContain("   at ", Trainmm.Run("check", "--config", "nowhere.yaml").With(2).Error, StringComparison.Ordinal);
        Assert.Contains("   at TrainMm.", Trainmm.Run("check", "--config", "nowhere.yaml", "--verbose").With(2).Error, StringComparison.Ordinal);
    }

    private string Run => Path.Combine(folder.Path, "run");

    private static string Row(string picture) =>
        $$"""{"id":"a","image":"{{picture}}","conversations":[{"from":"human","value":"<image>"},{"from":"gpt","value":"a drawing of a cat."}]}""" + "\n";

    /// <summary>A data set of 64 good rows and one more, as the training set.</summary>
    private string Data(string row)
    {
        Directory.CreateDirectory(Path.Combine(folder.Path, "pictures"));
        folder.Write("rows.jsonl", row);
        var manifest = folder.Write("data.yaml", "name: mine\nrows: { kind: llava_jsonl, path: rows.jsonl }\nmedia: { kind: folder, path: pictures }\n");
        return $"data.train={manifest}";
    }

    private void Pretrain(string name, ExitCode code, params string[] set) =>
        Shows(name, code, [.. SmokeRuns.PretrainLine(Run), .. set.SelectMany(each => (string[])["--set", each])]);

    private void Shows(string name, ExitCode code, params string[] line)
    {
        var outcome = Trainmm.Run(line).With((int)code);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        var shown = outcome.Error.Replace(runs.Pretrained, "<pretrained>", StringComparison.Ordinal).Replace(Trainmm.Root, "<root>", StringComparison.Ordinal);
        Snapshot.Match(shown, name, folder.Path);
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
