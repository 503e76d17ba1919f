using TrainMm.Core.Diagnostics;
using TrainMm.Data.Media.Audio;
using TrainMm.Tests.Data.Media.Audio;
using TrainMm.Tests.Torch;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Loop;
using TrainMm.Training.Stages;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

/// <summary>Runs whose answers are made into sounds by a frozen AudioLDM 2 of the smallest sizes, whose captions two tokenizers read.</summary>
[Collection(ProcessWide.Name)]
public sealed class SoundGenerationRunTests : IDisposable
{
    private const string Text = "{ kind: text_generation }";
    private const string Alignment = "{ kind: condition_alignment, weight: 0.5 }";
    private const string Diffusion = "{ kind: latent_diffusion, weight: 2 }";

    private readonly TinyRun run = new();

    public SoundGenerationRunTests()
    {
        run.Write("sounds.jsonl", string.Join('\n', Enumerable.Range(0, 8).Select(i => $$"""{"text": "{{(i % 2 == 0 ? "low" : "high")}}", "target": "{{i}}.wav"}""")) + "\n");
        run.Write("sounds.yaml", "name: sounds\nrows: { kind: caption_targets, path: sounds.jsonl, modality: audio }\nmedia: { kind: folder, path: sounds }\n");
        Directory.CreateDirectory(run.Path("sounds"));
        for (var i = 0; i < 8; i++)
            File.WriteAllBytes(run.Path($"sounds/{i}.wav"), WavWriter.Write([.. Enumerable.Range(0, 24 + i).Select(t => 0.4f * MathF.Sin(t * (i % 2 == 0 ? 0.3f : 1.7f)))], 16_000));
        run.Write("generate.yaml", Config);
    }

    private static string Config =>
        $$"""
        extends: pretrain.yaml
        model:
          signal_tokens: { audio: 3 }
          generation:
            audio:
              output_projector: { kind: tiny_transformer, hidden_width: 16, depth: 1, heads: 2 }
              generator:
                kind: audioldm2
                clap_tokenizer: tokenizer
                t5_tokenizer: tokenizer
                caption_tokens: 6
                fft_length: 8
                architecture:
                  clap: { vocab_size: 1004, hidden_size: 8, intermediate_size: 12, num_hidden_layers: 1, num_attention_heads: 2, max_position_embeddings: 14, projection_dim: 6 }
                  t5: { vocab_size: 1004, d_model: 10, d_kv: 4, d_ff: 12, num_layers: 1, num_heads: 2 }
                  language_model: { vocab_size: 3, n_embd: 8, n_layer: 1, n_head: 2, n_positions: 24 }
                  max_new_tokens: 2
                  unet: { sample_size: 4, in_channels: 2, out_channels: 2, block_out_channels: [8, 16], layers_per_block: [1], down_block_types: [DownBlock2D, CrossAttnDownBlock2D], up_block_types: [CrossAttnUpBlock2D, UpBlock2D], transformer_conditions: [0, 8, 10], attention_head_dim: [2], norm_num_groups: 4 }
                  vae: { in_channels: 1, out_channels: 1, latent_channels: 2, block_out_channels: [8, 8], layers_per_block: 1, norm_num_groups: 4, down_block_types: [DownEncoderBlock2D, DownEncoderBlock2D], up_block_types: [UpDecoderBlock2D, UpDecoderBlock2D] }
                  vocoder: { model_in_dim: 4, upsample_initial_channel: 8, upsample_rates: [2, 2], upsample_kernel_sizes: [4, 4], resblock_kernel_sizes: [3], resblock_dilation_sizes: [[1]] }
        data: { train: sounds.yaml, validation: null }
        objectives: [{{Text}}, {{Alignment}}, {{Diffusion}}]
        trainable: [signal_tokens, audio.output_projector]
        evaluation: { every_steps: 0 }
        """;

    public void Dispose() => run.Dispose();

    [Theory]
    [InlineData(Alignment)]
    [InlineData(Diffusion)]
    public void TheObjectiveReachesTheProjectorAndNothingFrozen(string objective)
    {
        using var scope = NewDisposeScope();
        using var assembly = Assemble($"objectives=[{objective}]");
        using var batch = assembly.LoadTraining(0, 4);
        var signals = batch.Signals["audio"];
        Assert.Equal([4L, 12], signals.Captions.shape);
        Assert.Equal(signals.Captions.narrow(1, 0, 3), signals.Captions.narrow(1, 6, 3), (one, other) => one.equal(other).item<bool>()); // the same tokenizer twice
        Assert.Equal([1L, 0], [signals.Captions[0, 5].item<long>(), signals.Captions[0, 11].item<long>()]);                              // each encoder's own padding
        assembly.Objectives.Compute(assembly.Model, batch, assembly.Objectives.CountsOf(batch), [1, 2, 3, 4]).Loss.backward();
        foreach (var (name, parameter) in assembly.Model.named_parameters())
            Assert.True((name.StartsWith("audio.output_projector.", StringComparison.Ordinal) || name == "signal_tokens.audio.embedding") == parameter.grad is not null, name);
        Assert.Contains(assembly.Model.named_parameters(), pair => pair.name.StartsWith("audio.generator.language_model.", StringComparison.Ordinal));
        assembly.VerifyFrozen();
    }

    [Fact]
    public void AnInterruptedRunGoesOnBitwise()
    {
        string[] settings = ["train.max_steps=2", "train.batch_size=2", "checkpoint.every_steps=0", "model.generation.audio.condition_dropout=0.5"];
        run.Train("whole", "generate.yaml", settings: settings);
        Assert.Equal(ExitCode.Preempted, run.Train("interrupted", "generate.yaml", stopAfter: 1, settings: settings).ExitCode);
        run.Train("interrupted", "generate.yaml", settings: settings);
        Assert.Equal(run.Final("whole"), run.Final("interrupted"));
        Assert.Equal(run.Metrics("whole").Select(line => line.Loss), run.Metrics("interrupted").Select(line => line.Loss));
    }

    [Fact]
    public void TheConditionComesNearerAndAnAnswerIsASound()
    {
        string[] settings = [$"objectives=[{Text}, {Alignment}]", "train.max_steps=40", "schedule={kind: constant}"];
        run.Train("made", "generate.yaml", settings: settings);
        var losses = run.Metrics("made").Select(line => line.Loss).ToList();
        Assert.True(losses[^1] < 0.7 * losses[0], $"{losses[0]} -> {losses[^1]}");
        using var session = GenerationSession.Open(run.Options("generate.yaml", settings), run.Path("runs/made"));
        var made = new List<MadeMedium>();
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal("", session.Ask("low", [], new() { MaxNewTokens = 6 }, onMedium: made.Add, sampling: new() { Seed = 3, Steps = 3 }));
            session.Reset();
        }

        Assert.Equal(["audio .wav", "audio .wav"], made.Select(medium => $"{medium.Modality} {medium.Extension}"));
        Assert.Equal(made[0].Content, made[1].Content);
        var clip = AudioDecoder.Decode(made[0].Content, "answer-1.wav", null);
        Assert.Equal((32, 32 / 16_000.0), (clip.Samples.Length, clip.Seconds));
    }

    [Theory]
    [InlineData("model.generation.audio.generator.t5_tokenizer=null", "there is no tokenizer for them")]
    [InlineData("model.generation.audio.generator.architecture.t5.vocab_size=1000", "has 1004 ids, the generator 1000 embeddings")]
    public void WhatCannotBeIsToldWithItsLine(string setting, string expected) =>
        Assert.Contains(expected, Assert.Throws<ConfigurationException>(() => Assemble(setting).Dispose()).Message, StringComparison.Ordinal);

    [Fact]
    public void ACaptionThatIsCutIsCounted()
    {
        var notices = new List<string>();
        using var assembly = RunAssembly.Build(run.Options("generate.yaml", "model.generation.audio.generator.caption_tokens=2"), Stage.Of(StageKind.Pretrain), "", notice => notices.Add(notice.Text));
        Assert.Equal(2, notices.Count(text => text.EndsWith("captions of media of modality 'audio' that are to be made are cut to the 2 tokens that the generator reads.", StringComparison.Ordinal)));
    }

    private RunAssembly Assemble(string setting) => RunAssembly.Build(run.Options("generate.yaml", setting), Stage.Of(StageKind.Pretrain), "", _ => { });
}
