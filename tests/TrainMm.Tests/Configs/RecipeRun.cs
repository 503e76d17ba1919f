using System.Globalization;
using System.Text;
using System.Text.Json;
using TrainMm.Core.Config;
using TrainMm.Tests.Training;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Loop;
using TrainMm.Training.Metrics;
using TrainMm.Training.Stages;

namespace TrainMm.Tests.Configs;

/// <summary>A system's configuration in miniature on eight samples of one colour each (of videos four), all of them in every step, so that losses can be compared from step to step.</summary>
internal sealed class RecipeRun : IDisposable
{
    private const int MostSamples = 8;

    /// <summary>One of each colour: ffmpeg runs twice for each of them.</summary>
    private const int Videos = 4;

    private readonly TempFolder folder = new();
    private readonly string config;
    private readonly int samples;

    /// <summary>Writes the samples, which show a medium of each modality that goes in, and make one of each that comes out.</summary>
    public RecipeRun(string system, string file = "smoke.yaml")
    {
        config = Path.Combine(Snapshot.RepositoryRoot, "configs", system, file);
        var model = Bind(StageKind.Sft, []).Model;
        samples = model.Modalities.Keys.Concat(model.Generation.Keys).Contains("video", StringComparer.Ordinal) ? Videos : MostSamples;
        Directory.CreateDirectory(Path.Combine(folder.Path, "media"));
        var rows = Enumerable.Range(0, samples).Select(sample => JsonSerializer.Serialize(model.Generation.Count == 0 ? Row(sample, model.Modalities.Keys) : MadeRow(sample, model.Modalities.Keys, model.Generation.Keys)));
        folder.Write("rows.jsonl", string.Join('\n', rows) + "\n");
        var kind = model.Generation.Count == 0 ? "messages" : "nextgpt, outputs: signals";
        Manifest = folder.Write("samples.yaml", $"name: colours\nrows: {{ kind: {kind}, path: rows.jsonl }}\nmedia: {{ kind: folder, path: media }}\n");
    }

    private string Manifest { get; }

    /// <summary>The configuration of a stage.</summary>
    public RunOptions Options(StageKind stage, string? initialRun)
    {
        List<string> settings = ["device=cpu", $"data.train={Manifest}", $"train.batch_size={samples}"];
        if (initialRun is not null) settings.Add($"initial_run={FolderOf(initialRun)}");
        return Bind(stage, settings);
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

    /// <summary>A question about a medium of each modality; writes their files.</summary>
    private Dictionary<string, object> Row(int sample, IEnumerable<string> modalities)
    {
        var (row, tags) = (new Dictionary<string, object>(StringComparer.Ordinal) { ["id"] = $"s{sample}" }, new StringBuilder());
        foreach (var modality in modalities)
        {
            row[modality == "points" ? modality : $"{modality}s"] = (string[])[WriteMedium(modality, sample)];
            tags.Append(CultureInfo.InvariantCulture, $"<{modality}>\n");
        }

        row["messages"] = new[] { new { role = "user", content = $"{tags}Which colour is it?" }, new { role = "assistant", content = RecipeMedia.Colours[sample % RecipeMedia.Colours.Count] } };
        return row;
    }

    /// <summary>The same question, whose answer says the colour and makes a medium of it in each modality that comes out.</summary>
    private Dictionary<string, object> MadeRow(int sample, IEnumerable<string> inputs, IEnumerable<string> outputs)
    {
        var colour = RecipeMedia.Colours[sample % RecipeMedia.Colours.Count];
        var (row, shown, made) = (new Dictionary<string, object>(StringComparer.Ordinal) { ["id"] = $"s{sample}" }, new StringBuilder(), new StringBuilder());
        foreach (var modality in inputs)
        {
            row[$"input_{modality}"] = WriteMedium(modality, sample);
            shown.Append(CultureInfo.InvariantCulture, $"<{modality}>\n");
        }

        foreach (var modality in outputs)
        {
            row[$"output_{modality}"] = WriteMedium(modality, sample);
            row[$"{modality}_captions"] = colour;
            made.Append(CultureInfo.InvariantCulture, $" <{modality}>");
        }

        row["conversations"] = new[] { new { from = "human", value = $"{shown}Which colour is it? Make something of it." }, new { from = "gpt", value = $"{colour}:{made}" } };
        return row;
    }

    private string WriteMedium(string modality, int sample)
    {
        var (name, bytes) = RecipeMedia.Of(modality, sample);
        File.WriteAllBytes(Path.Combine(folder.Path, "media", name), bytes);
        return name;
    }

    private RunOptions Bind(StageKind stage, IReadOnlyList<string> settings) =>
        ConfigBinder.Bind<RunOptions>(ConfigDocument.Load(config, settings, stage == StageKind.Pretrain ? "pretrain" : "sft"));
}
