using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Tests.Data.Media.Audio;
using TrainMm.Tests.Data.Media.Video;
using TrainMm.Tests.Torch;
using TrainMm.Training.Loop;
using TrainMm.Training.Stages;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

/// <summary>Runs whose answers are made into videos by a frozen Zeroscope of the smallest sizes, from the rows' files to a file that is written, where ffmpeg is there.</summary>
[Collection(ProcessWide.Name)]
public sealed class VideoGenerationRunTests : IDisposable
{
    private const string Text = "{ kind: text_generation }";
    private const string Alignment = "{ kind: condition_alignment, weight: 0.5 }";
    private const string Diffusion = "{ kind: latent_diffusion, weight: 2 }";

    /// <summary>What a conversion of colours there and back takes from a byte, as a share of ±1.</summary>
    private const double Rounding = 0.02;

    private readonly TinyRun run = new();

    public VideoGenerationRunTests()
    {
        run.Write("captions.jsonl", string.Join('\n', Enumerable.Range(0, 8).Select(i => $$"""{"text": "{{(i % 2 == 0 ? "red" : "blue")}} {{i}}", "target": "{{i}}.mkv"}""")) + "\n");
        run.Write("captions.yaml", "name: captions\nrows: { kind: caption_targets, path: captions.jsonl, modality: video }\nmedia: { kind: folder, path: clips }\n");
        run.Write("blind.jsonl", """{"text": "red"}""" + "\n" + """{"text": "blue"}""" + "\n");
        run.Write("blind.yaml", "name: blind\nrows: { kind: caption_targets, path: blind.jsonl, modality: video }\n");
        run.Write("generate.yaml", Config);
        run.Write("generate-blind.yaml", "extends: generate.yaml\ndata: { train: blind.yaml }\ntrain: { batch_size: 2 }\n");
    }

    private static string Config =>
        $$"""
        extends: pretrain.yaml
        model:
          signal_tokens: { video: 3 }
          generation:
            video:
              output_projector: { kind: tiny_transformer, hidden_width: 16, depth: 1, heads: 2 }
              generator:
                kind: zeroscope
                tokenizer: tokenizer
                frames: 3
                height: 8
                width: 16
                architecture:
                  unet: { block_out_channels: [8, 16], layers_per_block: 1, down_block_types: [CrossAttnDownBlock3D, DownBlock3D], up_block_types: [UpBlock3D, CrossAttnUpBlock3D], cross_attention_dim: 12, attention_head_dim: 4, norm_num_groups: 4 }
                  vae: { block_out_channels: [8, 8], layers_per_block: 1, norm_num_groups: 4, down_block_types: [DownEncoderBlock2D, DownEncoderBlock2D], up_block_types: [UpDecoderBlock2D, UpDecoderBlock2D] }
                  text_encoder: { vocab_size: 1004, hidden_size: 12, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 2, max_position_embeddings: 6 }
        data: { train: captions.yaml, validation: null }
        objectives: [{{Text}}, {{Alignment}}, {{Diffusion}}]
        trainable: [signal_tokens, video.output_projector]
        evaluation: { every_steps: 0 }
        """;

    public void Dispose() => run.Dispose();

    [FfmpegFact]
    public void TheRowsVideosReachTheLossAndItsGradientTheProjector()
    {
        WriteClips();
        using var scope = NewDisposeScope();
        using var assembly = Assemble($"objectives=[{Diffusion}]");
        using var batch = assembly.LoadTraining(0, 4);
        var targets = batch.Signals["video"].Targets!;
        Assert.Equal([4, 3, 3, 8, 16], targets.shape);
        Assert.All(Enumerable.Range(0, 4), i => Assert.InRange(targets[i, 2, 0].sub(targets[i, 0, 0]).mean().item<float>(), (80 / 127.5) - Rounding, (80 / 127.5) + Rounding)); // red grows by 40 a frame

        long[] seeds = [11, 12, 13, 14];
        var losses = assembly.Objectives.Compute(assembly.Model, batch, assembly.Objectives.CountsOf(batch), seeds);
        losses.Loss.backward();
        foreach (var (name, parameter) in assembly.Model.named_parameters())
            Assert.True((name == "signal_tokens.video.embedding" || name.StartsWith("video.output_projector.", StringComparison.Ordinal)) == parameter.grad is not null, name);
        assembly.VerifyFrozen();

        var backwards = batch.Signals["video"].Targets!.flip(1);
        targets.copy_(backwards.clone());
        Assert.NotEqual(losses.Read(), assembly.Objectives.Compute(assembly.Model, batch, assembly.Objectives.CountsOf(batch), seeds).Read());
    }

    [FfmpegFact]
    public void AnInterruptedRunGoesOnBitwise()
    {
        WriteClips();
        string[] settings = ["train.max_steps=2", "train.batch_size=2", "checkpoint.every_steps=0", "model.generation.video.condition_dropout=0.5"];
        run.Train("whole", "generate.yaml", settings: settings);
        Assert.Equal(ExitCode.Preempted, run.Train("interrupted", "generate.yaml", stopAfter: 1, settings: settings).ExitCode);
        run.Train("interrupted", "generate.yaml", settings: settings);
        Assert.Equal(run.Final("whole"), run.Final("interrupted"));
        Assert.Equal(Steps("whole"), Steps("interrupted"));

        string[] Steps(string name) => [.. run.Metrics(name).Select(line => $"{line.Loss:R} {string.Join(' ', line.Terms!.Values.Select(term => $"{term:R}"))} {line.GradNorm:R} {line.SampleHash}")];
    }

    [FfmpegFact]
    public void TheConditionComesNearerToTheCaptions()
    {
        run.Train("nearer", "generate-blind.yaml", settings: [$"objectives=[{Alignment}]", "train.max_steps=12", "schedule={kind: constant}"]);
        var losses = run.Metrics("nearer").Select(line => line.Loss).ToList();
        Assert.True(losses[^1] < 0.8 * losses[0], $"{losses[0]} -> {losses[^1]}");
    }

    /// <summary>Videos of three frames whose red grows by 40 from frame to frame.</summary>
    private void WriteClips()
    {
        Directory.CreateDirectory(run.Path("clips"));
        for (var i = 0; i < 8; i++) File.WriteAllBytes(run.Path($"clips/{i}.mkv"), VideoWriter.Write(run.Folder, [.. Enumerable.Range(0, 3).Select(frame => Pixmap((byte)((10 * i) + (40 * frame))))]));
    }

    private static byte[] Pixmap(byte red) => [.. Encoding.ASCII.GetBytes("P6\n16 16\n255\n"), .. Enumerable.Range(0, 16 * 16).SelectMany(i => (byte[])[red, (byte)i, (byte)(255 - i)])];

    private RunAssembly Assemble(string setting) => RunAssembly.Build(run.Options("generate.yaml", setting), Stage.Of(StageKind.Pretrain), "", _ => { });
}
