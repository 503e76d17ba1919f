using System.Text.Json;
using TrainMm.Core.Config;
using TrainMm.Tests.Data.Media;
using TrainMm.Tests.Data.Text.Tokenizers;
using TrainMm.Training.Loop;
using TrainMm.Training.Metrics;
using TrainMm.Training.Stages;

namespace TrainMm.Tests.Training;

/// <summary>A whole run in miniature: pictures of one colour, sentences that name it, a byte tokenizer, a random encoder and a random language model.</summary>
internal sealed class TinyRun : IDisposable
{
    public const int Samples = 24;
    private static readonly (string Name, (byte Red, byte Green, byte Blue) Colour)[] Colours = [("red", (220, 30, 30)), ("green", (30, 200, 30)), ("blue", (30, 30, 230)), ("white", (240, 240, 240))];
    private readonly TempFolder folder = new();

    public TinyRun()
    {
        folder.Write("tokenizer/tokenizer.json", TinyTokenizers.ByteLevel().ToJsonString());
        var train = new List<string>();
        var test = new List<string>();
        for (var i = 0; i < Samples; i++)
        {
            var (name, colour) = Colours[i % Colours.Length];
            var shade = (byte)i;
            Directory.CreateDirectory(Path("pictures"));
            File.WriteAllBytes(Path($"pictures/{i}.png"), PngWriter.WriteRgb(16, 16, (x, y) => ((byte)(colour.Red - shade), (byte)(colour.Green - ((x + y) / 4)), colour.Blue)));
            train.Add(Row(i, name, new Dictionary<string, string>()));
            test.Add(Row(i, name, new Dictionary<string, string> { ["split"] = i % 2 == 0 ? "even" : "odd", ["type"] = "colour" }));
        }

        folder.Write("train.jsonl", string.Join('\n', train) + "\n");
        folder.Write("test.jsonl", string.Join('\n', test) + "\n");
        foreach (var set in (string[])["train", "test"])
            folder.Write($"{set}.yaml", $"name: colours-{set}\nrows: {{ kind: llava_jsonl, path: {set}.jsonl }}\nmedia: {{ kind: folder, path: pictures }}\n");
        folder.Write("pretrain.yaml", Config);
        folder.Write("sft.yaml", "extends: pretrain.yaml\ninitial_run: runs/pretrain\nmodel: { adapter: { kind: lora, r: 2, alpha: 4, dropout: 0.1, target_modules: [q_proj, v_proj] } }\n");
    }

    /// <summary>The options that a run needs; each test sets what it is about.</summary>
    private static string Config =>
        """
        seed: 7
        device: cpu
        model:
          dtype: float32
          modalities:
            image:
              encoder: { kind: clip_vit, architecture: { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 2, num_attention_heads: 2, image_size: 16, patch_size: 8 } }
              input_projector: { kind: mlp, hidden_width: 24 }
          language_model:
            kind: llama
            architecture: { vocab_size: 1004, hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2, max_position_embeddings: 128 }
        data:
          train: train.yaml
          validation: test.yaml
          tokenizer: tokenizer
          template: { kind: custom, begin: "<s>", answer_prefix: " ", answer_suffix: "</s>" }
          max_length: 64
        train: { max_steps: 6, batch_size: 4 }
        optimizer: { kind: adamw, learning_rate: 1.0e-2, weight_decay: 0.01 }
        schedule: { kind: cosine, warmup_steps: 1 }
        checkpoint: { every_steps: 2, keep_last: 2 }
        evaluation: { every_steps: 3, samples: 8, batch_size: 8, manifests: [test.yaml], retrieval: { candidates: 3, samples: 6 }, exact_answer: { pools: { all: [colour] } }, generate: { samples: 2, max_new_tokens: 4 } }
        """;

    public string Folder => folder.Path;

    public string Path(string name) => System.IO.Path.Combine(folder.Path, name);

    public string Write(string name, string text) => folder.Write(name, text);

    public RunOptions Options(string config, params string[] settings) => ConfigBinder.Bind<RunOptions>(ConfigDocument.Load(Path(config), settings));

    /// <summary>Runs stage 1, or the stage of another configuration, into <c>runs/NAME</c>.</summary>
    public RunResult Train(string name, string config = "pretrain.yaml", long? stopAfter = null, IReadOnlyList<string>? allowedChanges = null, params string[] settings)
    {
        using var stop = new StopSignal();
        var observer = new StoppingObserver(stop, stopAfter);
        return RunSession.Start(
            new RunRequest
            {
                Options = Options(config, settings),
                Stage = config.StartsWith("sft", StringComparison.Ordinal) ? StageKind.Sft : StageKind.Pretrain,
                RunDirectory = Path($"runs/{name}"),
                AllowedChanges = allowedChanges ?? [],
            },
            observer,
            stop);
    }

    /// <summary>Name → content of a run's trained parts.</summary>
    public IReadOnlyDictionary<string, byte[]> Final(string name) => FilesOf(Path($"runs/{name}/final"));

    /// <summary>Name → content of all files below a folder.</summary>
    public static IReadOnlyDictionary<string, byte[]> FilesOf(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(path => System.IO.Path.GetRelativePath(folder, path), File.ReadAllBytes, StringComparer.Ordinal);

    /// <summary>The metrics of a run, without what is of the clock.</summary>
    public IReadOnlyList<StepMetrics> Metrics(string name) =>
        [.. JsonLines.Read<StepMetrics>(Path($"runs/{name}/metrics.jsonl")).Select(line => line with { StepMs = 0, WaitMs = 0, TokensPerSecond = 0 })];

    public void Dispose() => folder.Dispose();

    private static string Row(int i, string colour, Dictionary<string, string> columns)
    {
        var row = new Dictionary<string, object>
        {
            ["id"] = $"s{i}",
            ["image"] = $"{i}.png",
            ["conversations"] = new[] { new { from = "human", value = "<image>\nWhich?" }, new { from = "gpt", value = colour } },
        };
        foreach (var (key, value) in columns) row[key] = value;
        return JsonSerializer.Serialize(row);
    }
}
