using System.Diagnostics;
using System.Text;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Core.Weights.PyTorch;
using TrainMm.Data.Manifests;
using TrainMm.Data.Media;
using TrainMm.Data.Media.Audio;
using TrainMm.Data.Media.Points;
using TrainMm.Data.Text.Tokenizers;
using TrainMm.Tests.Data.Media;
using TrainMm.Tests.Data.Media.Audio;
using TrainMm.Tests.Data.Text.Tokenizers;
using TrainMm.Training.Loop;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.Tests.Fuzz;

/// <summary>
/// Spoilt files: each reader gives what it can or says in a user's words what is wrong; it never crashes, hangs or asks for memory beyond its cap.
/// <c>TRAINMM_FUZZ</c> is the number of inputs in all, 2,000 where it is not set.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output) : IDisposable
{
    private const int Usual = 2000;
    private const long MemoryCap = 256L << 20;
    private const int MaxPixels = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TempFolder folder = new();

    public static TheoryData<string> Formats => ["image", "safetensors", "pytorch", "yaml", "rows", "wav", "npy", "points", "tokenizer", "config"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Formats))]
    public void ASpoiltFileIsReadOrRefused(string format)
    {
        var count = (int.TryParse(Environment.GetEnvironmentVariable("TRAINMM_FUZZ"), out var asked) ? asked : Usual) / Formats.Count;
        var (seeds, read) = ReaderOf(format);
        foreach (var seed in seeds) read(seed);
        var mutator = new Mutator(seed: 1, seeds);
        var (refused, worst) = (0, TimeSpan.Zero);
        for (var i = 0; i < count; i++)
        {
            var file = mutator.Next();
            var started = Stopwatch.GetTimestamp();
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var scope = NewDisposeScope();
                read(file);
            }
            catch (UserException)
            {
                refused++;
            }
            catch (Exception fault)
            {
                Assert.Fail($"{format}, input {i}: {fault}\n{Convert.ToBase64String(file)}");
            }

            var (time, bytes) = (Stopwatch.GetElapsedTime(started), GC.GetAllocatedBytesForCurrentThread() - before);
            worst = time > worst ? time : worst;
            Assert.True(time < Patience, $"{format}, input {i} took {time}: {Convert.ToBase64String(file)}");
            Assert.True(bytes < MemoryCap, $"{format}, input {i} took {bytes >> 20} MiB: {Convert.ToBase64String(file)}");
        }

        output.WriteLine($"{format}: {count} inputs, {refused} refused, the slowest took {worst.TotalMilliseconds:0} ms");
        Assert.InRange(refused, count / 20, count);
    }

    private (IReadOnlyList<byte[]> Seeds, Action<byte[]> Read) ReaderOf(string format) => format switch
    {
        "image" => ([.. PilPicture.All.Values.Select(picture => picture.Bytes), PngWriter.WriteRgb(9, 7, (x, y) => ((byte)x, (byte)y, 3))], Image),
        "safetensors" => ([Safetensors()], file => Weights(file, "model.safetensors")),
        "pytorch" => ([PyTorch()], file => Weights(file, "model.bin")),
        "yaml" => ([Encoding.UTF8.GetBytes(Configuration)], Yaml),
        "rows" => ([Encoding.UTF8.GetBytes(Rows)], ReadRows),
        "wav" => ([WavWriter.Write([0.5f, -0.5f, 0.25f], 16000), WavWriter.Write([1, 2, 3, 4], WavWriter.Extensible, 1, 8000, 8)], file => WavReader.Read(file, "sound")),
        "npy" => ([NpyWriter.Write("<f4", 2, 3, 1f, 2f, 3f, 4f, 5f, 6f)], file => PointCloudReader.Read(file, "points")),
        "points" => (["ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\nproperty float z\nend_header\n1 2 3\n4 5 6\n"u8.ToArray()], file => PointCloudReader.Read(file, "points")),
        "config" => (["""{"model_type": "llama", "hidden_size": 64, "name": "\ud83d\ude00", "rope_scaling": {"type": "linear", "factor": 2.0}, "architectures": ["LlamaForCausalLM"]}"""u8.ToArray()], Config),
        _ => ([Encoding.UTF8.GetBytes(TinyTokenizers.ByteLevel().ToJsonString())], file => TokenizerFile.Load(Write("tokenizer.json", file))),
    };

    private const string Rows =
        """
        {"id": "a", "image": "x.png", "conversations": [{"from": "human", "value": "<image>\nWhat is it?"}, {"from": "gpt", "value": "A cat, 猫."}]}
        {"id": 7, "conversations": [{"from": "human", "value": "Hello"}, {"from": "gpt", "value": "Hi"}]}

        """;

    private const string Configuration =
        """
        # A comment, and a text that goes on: "…"
        seed: 7
        model:
          dtype: float32
          modalities:
            image:
              encoder: { kind: clip_vit, architecture: { hidden_size: 16, num_attention_heads: 2, image_size: 16, patch_size: 8 } }
              input_projector: { kind: mlp, hidden_width: 24 }
          language_model:
            kind: llama
            architecture: { vocab_size: 1004, hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 4 }
          adapter: { kind: lora, r: 2, alpha: 4, target_modules: [q_proj, "v_proj"] }
        data:
          train: [{ manifest: train.yaml, weight: 2.5 }]
          template: { kind: custom, begin: "<s>", answer_suffix: "</s>" }
        train: { max_steps: 1_000, batch_size: 4 }
        optimizer: { kind: adamw, learning_rate: 1.0e-2 }
        schedule: { kind: cosine, warmup_steps: 1 }

        """;

    private static void Image(byte[] file)
    {
        using var image = ImageDecoder.Decode(file, "picture", new ImageDecodeOptions { MaxPixels = MaxPixels });
    }

    private void Weights(byte[] file, string name)
    {
        using var source = WeightSource.Open(Write(name, file), name);
        foreach (var tensor in source.Names) source.Read(tensor).Dispose();
    }

    private void Yaml(byte[] file)
    {
        Write("train.yaml", []);
        ConfigBinder.Bind<RunOptions>(ConfigDocument.Parse(Encoding.UTF8.GetString(file), Path.Combine(folder.Path, "spoilt.yaml")));
    }

    private void Config(byte[] file)
    {
        var config = HuggingFaceConfig.Open(Write("config.json", file));
        Assert.All(config.Keys, key => Assert.NotNull(key));
        config.Integer("hidden_size", 1);
        config.Text("name", "none");
    }

    private void ReadRows(byte[] file)
    {
        Write("media/x.png", PngWriter.WriteRgb(2, 2, (_, _) => (1, 2, 3)));
        Write("rows.jsonl", file);
        using var source = ManifestSource.Open(Write("data.yaml", "name: spoilt\nrows: { kind: llava_jsonl, path: rows.jsonl }\nmedia: { kind: folder, path: media }\n"u8.ToArray()));
        for (var i = 0; i < source.Count; i++) source.Read(i);
    }

    private byte[] Safetensors()
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "seed.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["a.weight"] = ones(2, 3), ["b"] = zeros([4], ScalarType.Int64) });
        return File.ReadAllBytes(path);
    }

    private byte[] PyTorch()
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "seed.bin");
        TorchFileWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["a.weight"] = ones(2, 3), ["b"] = zeros([4], ScalarType.Int64) });
        return File.ReadAllBytes(path);
    }

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(folder.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }
}
