using System.Text.Json;
using TrainMm.Core.Config;
using TrainMm.Tests.Data.Media;
using TrainMm.Tests.Training;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Loop;
using TrainMm.Training.Metrics;
using TrainMm.Training.Stages;

namespace TrainMm.Tests.Configs;

/// <summary>A system's smoke configuration on eight pictures of one colour each, all of them in every step, so that losses can be compared from step to step.</summary>
internal sealed class RecipeRun : IDisposable
{
    private const int Samples = 8;
    private static readonly string[] Colours = ["red", "green", "blue", "white"];
    private readonly TempFolder folder = new();
    private readonly string system;

    public RecipeRun(string system)
    {
        this.system = system;
        Directory.CreateDirectory(Path.Combine(folder.Path, "pictures"));
        var rows = new List<string>();
        for (var i = 0; i < Samples; i++)
        {
            var (colour, shade) = (i % Colours.Length, (byte)(255 - i));
            File.WriteAllBytes(
                Path.Combine(folder.Path, "pictures", $"{i}.png"),
                PngWriter.WriteRgb(16, 16, (x, y) => (colour is 0 or 3 ? shade : (byte)x, colour is 1 or 3 ? shade : (byte)y, colour is 2 or 3 ? shade : (byte)0)));
            rows.Add(JsonSerializer.Serialize(new
            {
                id = $"s{i}",
                image = $"{i}.png",
                conversations = new[] { new { from = "human", value = "<image>\nWhich colour is it?" }, new { from = "gpt", value = Colours[colour] } },
            }));
        }

        folder.Write("rows.jsonl", string.Join('\n', rows) + "\n");
        Manifest = folder.Write("samples.yaml", "name: colours\nrows: { kind: llava_jsonl, path: rows.jsonl }\nmedia: { kind: folder, path: pictures }\n");
    }

    private string Manifest { get; }

    /// <summary>The configuration of a stage.</summary>
    public RunOptions Options(StageKind stage, string? initialRun)
    {
        List<string> settings = ["device=cpu", $"data.train={Manifest}", $"train.batch_size={Samples}"];
        if (initialRun is not null) settings.Add($"initial_run={FolderOf(initialRun)}");
        var path = Path.Combine(Snapshot.RepositoryRoot, "configs", system, "smoke.yaml");
        return ConfigBinder.Bind<RunOptions>(ConfigDocument.Load(path, settings, stage == StageKind.Pretrain ? "pretrain" : "sft"));
    }

    /// <summary>Runs a stage, or goes on with it.</summary>
    public RunResult Train(string name, StageKind stage, string? initialRun = null, long? stopAfter = null)
    {
        using var stop = new StopSignal();
        var request = new RunRequest { Options = Options(stage, initialRun), Stage = stage, RunDirectory = FolderOf(name) };
        return RunSession.Start(request, new StoppingObserver(stop, stopAfter), stop);
    }

    /// <summary>A run's folder.</summary>
    public string FolderOf(string name) => Path.Combine(folder.Path, "runs", name);

    /// <summary>What a run wrote of itself.</summary>
    public RunSummary Summary(string name) => RunSummary.Read(new RunDirectory(FolderOf(name)));

    /// <summary>The loss of every step.</summary>
    public IReadOnlyList<double> Losses(string name) => [.. JsonLines.Read<StepMetrics>(Path.Combine(FolderOf(name), "metrics.jsonl")).Select(line => (double)line.Loss)];

    /// <summary>Name → content of a run's trained parts.</summary>
    public IReadOnlyDictionary<string, byte[]> Final(string name) => TinyRun.FilesOf(Path.Combine(FolderOf(name), "final"));

    public void Dispose() => folder.Dispose();
}
