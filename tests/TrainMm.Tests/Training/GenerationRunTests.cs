using TrainMm.Core.Diagnostics;
using TrainMm.Data.Media;
using TrainMm.Models;
using TrainMm.Tests.Torch;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Loop;
using TrainMm.Training.Objectives;
using TrainMm.Training.Stages;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

/// <summary>Runs whose answers are made into pictures by a frozen generator of the smallest sizes, and learn so by each objective.</summary>
[Collection(ProcessWide.Name)]
public sealed class GenerationRunTests : IDisposable
{
    private const string Text = "{ kind: text_generation }";
    private const string Alignment = "{ kind: condition_alignment, weight: 0.5 }";
    private const string Diffusion = "{ kind: latent_diffusion, weight: 2 }";

    /// <summary>Sums in another order, and matrices of other sizes.</summary>
    private const double Rounding = 1e-4;

    private readonly TinyRun run = new();

    public GenerationRunTests() => Write(run);

    internal static string Config =>
        $$"""
        extends: pretrain.yaml
        model:
          signal_tokens: { image: 3 }
          generation:
            image:
              output_projector: { kind: tiny_transformer, hidden_width: 16, depth: 1, heads: 2 }
              generator:
                kind: stable_diffusion
                tokenizer: tokenizer
                architecture:
                  unet: { sample_size: 4, block_out_channels: [8, 16], layers_per_block: [1], down_block_types: [CrossAttnDownBlock2D, DownBlock2D], up_block_types: [UpBlock2D, CrossAttnUpBlock2D], cross_attention_dim: [12], attention_head_dim: [2], norm_num_groups: 4 }
                  vae: { block_out_channels: [8, 8], layers_per_block: 1, norm_num_groups: 4, down_block_types: [DownEncoderBlock2D, DownEncoderBlock2D], up_block_types: [UpDecoderBlock2D, UpDecoderBlock2D] }
                  text_encoder: { vocab_size: 1004, hidden_size: 12, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 2, max_position_embeddings: 6 }
        data: { train: captions.yaml, validation: null }
        objectives: [{{Text}}, {{Alignment}}, {{Diffusion}}]
        trainable: [signal_tokens, image.output_projector]
        evaluation: { every_steps: 0 }
        """;

    public void Dispose() => run.Dispose();

    [Theory]
    [InlineData(Text, new[] { "signal_tokens.image.embedding", "signal_tokens.image.head" })]
    [InlineData(Alignment, new[] { "signal_tokens.image.embedding", "image.output_projector." })]
    [InlineData(Diffusion, new[] { "signal_tokens.image.embedding", "image.output_projector." })]
    public void EachObjectiveReachesItsPartsAndNothingFrozen(string objective, string[] reached)
    {
        using var scope = NewDisposeScope();
        using var assembly = Assemble($"objectives=[{objective}]");
        using var batch = assembly.LoadTraining(0, 4);
        assembly.Objectives.Compute(assembly.Model, batch, assembly.Objectives.CountsOf(batch), [1, 2, 3, 4]).Loss.backward();
        foreach (var (name, parameter) in assembly.Model.named_parameters())
            Assert.True(reached.Any(path => name.StartsWith(path, StringComparison.Ordinal)) == parameter.grad is not null, name);
        Assert.Contains(assembly.Model.named_parameters(), pair => pair.name.StartsWith("image.generator.unet.", StringComparison.Ordinal));
        assembly.VerifyFrozen();
    }

    /// <summary>‖H − τ(t)‖² and E‖ε − ε(z, t, H)‖² from the model's own parts, medium by medium.</summary>
    [Fact]
    public void TheLossesAreTheirDefinitions()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var assembly = Assemble($"objectives=[{Alignment}, {Diffusion}]");
        using var batch = assembly.LoadTraining(0, 4);
        var (model, path, signals) = (assembly.Model, assembly.Model.Outputs["image"], batch.Signals["image"]);
        Assert.Equal([4, 3], [signals.Count, signals.TokensPerMedium]);
        long[] seeds = [11, 12, 13, 14];
        var sums = assembly.Objectives.Compute(model, batch, assembly.Objectives.CountsOf(batch), seeds).Read();

        var pass = new ForwardPass(model, batch, [], seeds);
        var (states, places) = (model.Hidden(batch).reshape(-1, 32), signals.Places.data<long>().ToArray());
        var (aligned, denoised) = (0.0, 0.0);
        for (var i = 0; i < 4; i++)
        {
            var own = tensor(places.Skip(3 * i).Take(3).ToArray());
            var ids = batch.Ids.reshape(-1).index_select(0, own);
            Assert.Equal([1004L, 1005, 1006], ids.data<long>().ToArray());
            var condition = path.Project([states.index_select(0, own).unsqueeze(0)], model.LanguageModel.Embed(ids.unsqueeze(0)));
            aligned += condition.sub(path.Generator.Condition(signals.Captions.narrow(0, i, 1))).pow(2).mean().item<float>();
            denoised += path.Generator.Loss(condition, path.Generator.Encode(signals.Targets!.narrow(0, i, 1)), [pass.SeedFor(i, "latent_diffusion.image.0")]).sum().item<float>();
        }

        Assert.Equal([aligned, denoised], sums, (one, two) => Math.Abs(one - two) < Rounding * Math.Abs(one));
    }

    [Fact]
    public void HowABatchIsCutDoesNotChangeWhatIsDrawn()
    {
        string[] settings = ["train.max_steps=2", "model.generation.image.condition_dropout=0.5"];
        run.Train("whole", "generate.yaml", settings: settings);
        run.Train("cut", "generate.yaml", settings: [.. settings, "train.micro_batch_size=1"]);
        foreach (var (whole, cut) in run.Metrics("whole").Zip(run.Metrics("cut"))) Assert.Equal(whole.Loss, cut.Loss, Rounding * whole.Loss);
    }

    [Theory]
    [InlineData(Text)]
    [InlineData(Alignment)]
    [InlineData(Diffusion)]
    public void AnInterruptedRunGoesOnBitwise(string objective)
    {
        string[] settings = [$"objectives=[{objective}]", "train.max_steps=2", "train.batch_size=2", "checkpoint.every_steps=0", "model.generation.image.condition_dropout=0.5"];
        run.Train("whole", "generate.yaml", settings: settings);
        Assert.Equal(ExitCode.Preempted, run.Train("interrupted", "generate.yaml", stopAfter: 1, settings: settings).ExitCode);
        run.Train("interrupted", "generate.yaml", settings: settings);
        Assert.Equal(run.Final("whole"), run.Final("interrupted"));
        Assert.Equal(run.Metrics("whole"), run.Metrics("interrupted"));
        Assert.Contains("output_projector.safetensors", run.Final("whole").Keys);
    }

    [Fact]
    public void TheConditionComesNearerToTheCaptions()
    {
        run.Train("aligned", "generate-blind.yaml", settings: [$"objectives=[{Alignment}]", "train.max_steps=30", "schedule={kind: constant}"]);
        var losses = run.Metrics("aligned").Select(line => line.Loss).ToList();
        Assert.True(losses[^1] < 0.7 * losses[0], $"{losses[0]} -> {losses[^1]}");
    }

    [Fact]
    public void AnAnswerIsAPictureAndTheSameOneTwice()
    {
        string[] settings = [$"objectives=[{Text}, {Alignment}]", "train.max_steps=40", "schedule={kind: constant}", "model.generation.image.hidden_layers=[1, -1]"];
        run.Train("made", "generate-blind.yaml", settings: settings);
        using var session = GenerationSession.Open(run.Options("generate-blind.yaml", settings), run.Path("runs/made"));
        var made = new List<MadeMedium>();
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal("", session.Ask("red", [], new() { MaxNewTokens = 6, Seed = 3 }, onMedium: made.Add, sampling: new() { Steps = 3 }));
            session.Reset();
        }

        Assert.Equal(["image .png", "image .png"], made.Select(medium => $"{medium.Modality} {medium.Extension}"));
        Assert.Equal(made[0].Content, made[1].Content);
        using var picture = ImageDecoder.Decode(made[0].Content, "answer-1.png");
        Assert.Equal((8, 8), (picture.Width, picture.Height));
    }

    [Fact]
    public void TheReportShowsWhatWasMadeBesideWhatTheDataHave()
    {
        string[] settings = [$"objectives=[{Text}, {Alignment}]", "train.max_steps=40", "schedule={kind: constant}", "model.generation.image.sampling={steps: 3}", "evaluation.generate={samples: 3, media: 2, max_new_tokens: 6}"];
        run.Train("shown", "generate.yaml", settings: [.. settings, $"data.validation={run.Path("captions.yaml")}"]);
        var samples = SampleAnswers.TryRead(run.Path("runs/shown/samples.json"))!;
        Assert.Equal([1, 1, 0], samples.Select(sample => sample.Made.Count));
        Assert.All(samples, sample => Assert.Single(sample.Expectations));
        Assert.Equal(DataUri.Of(File.ReadAllBytes(run.Path("pictures/0.png"))), samples[0].Expectations[0].Content);
        Assert.Equal("red 0", samples[0].Expectations[0].Text);
        var page = File.ReadAllText(run.Path("runs/shown/report.html"));
        foreach (var medium in samples.SelectMany(sample => sample.Made.Concat(sample.Expectations))) Assert.Contains($"<figure><img src=\"{medium.Content}\"", page, StringComparison.Ordinal);
        using var picture = ImageDecoder.Decode(Convert.FromBase64String(samples[1].Made[0].Content!.Split(',')[1]), "made.png");
        Assert.Equal((8, 8), (picture.Width, picture.Height));
    }

    [Fact]
    public void ThePictureIsDrawnAsTheConfigurationSaysUnlessTheUserSaysOtherwise()
    {
        string[] settings = [$"objectives=[{Text}, {Alignment}]", "train.max_steps=40", "schedule={kind: constant}"];
        run.Train("drawn", "generate-blind.yaml", settings: settings);
        var own = Draw(settings, new() { Seed = 3, Steps = 50, GuidanceScale = 7.5 });
        Assert.Equal(own, Draw(settings, new() { Seed = 3 }));
        Assert.NotEqual(own, Draw(settings, new() { Seed = 4 }));
        string[] configured = [.. settings, "model.generation.image.sampling={steps: 4, guidance_scale: 1.5, seed: 3}"];
        var other = Draw(configured, new());
        Assert.Equal(other, Draw(settings, new() { Seed = 3, Steps = 4, GuidanceScale = 1.5 }));
        Assert.NotEqual(other, Draw(configured, new() { Steps = 5 }));
        Assert.NotEqual(other, Draw(configured, new() { GuidanceScale = 2 }));
        Assert.Equal(own, Draw(configured, new() { Steps = 50, GuidanceScale = 7.5 }));
        Assert.Contains("the image generator has 1000", Assert.Throws<DataException>(() => Draw(settings, new() { Steps = 1001 })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.generation.image.sampling.steps=1001", "sampling.steps: is 1001, and the generator's process has 1000")]
    [InlineData("model.generation.video={output_projector: {kind: tiny_transformer}, generator: {kind: stable_diffusion, architecture: {}}}", "'video' has no signal tokens")]
    [InlineData("trainable=[image.generator]", "a generator behind a language model is frozen")]
    [InlineData("model.generation.image.generator.tokenizer=null", "there is no tokenizer for them")]
    public void WhatCannotBeIsToldWithItsLine(string setting, string expected) =>
        Assert.Contains(expected, Assert.Throws<ConfigurationException>(() => Assemble(setting).Dispose()).Message, StringComparison.Ordinal);

    [Fact]
    public void AnObjectiveWithoutAGeneratorIsAMistake()
    {
        run.Write("none.yaml", $"extends: pretrain.yaml\nobjectives: [{Alignment}]\n");
        Assert.Contains("needs a generator", Assert.Throws<ConfigurationException>(() => run.Train("none", "none.yaml")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ARowWithoutThePictureThatIsToBeMadeIsNamed() =>
        Assert.Contains("blind.jsonl:", Assert.Throws<DataException>(() => run.Train("blind", "generate-blind.yaml")).Message, StringComparison.Ordinal);

    /// <summary>Equation (5) needs no caption, equation (4) nothing else.</summary>
    [Fact]
    public void ARowWithoutACaptionIsNamedWhereOneIsNeeded()
    {
        run.Write("silent.jsonl", """{"output_image": "0.png", "conversations": [{"from": "human", "value": "red"}, {"from": "gpt", "value": "<image>"}]}""" + "\n");
        run.Write("silent.yaml", "name: silent\nrows: { kind: nextgpt, path: silent.jsonl, outputs: signals }\nmedia: { kind: folder, path: pictures }\n");
        run.Write("generate-silent.yaml", "extends: generate.yaml\ndata: { train: silent.yaml }\ntrain: { batch_size: 1, max_steps: 1 }\n");
        Assert.Contains("silent.jsonl:1", Assert.Throws<DataException>(() => run.Train("aligned", "generate-silent.yaml")).Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, run.Train("denoised", "generate-silent.yaml", settings: [$"objectives=[{Diffusion}]"]).ExitCode);
    }

    /// <summary>Writes the data and configurations of these runs.</summary>
    internal static void Write(TinyRun run)
    {
        run.Write("captions.jsonl", string.Join('\n', Enumerable.Range(0, 8).Select(i => $$"""{"text": "{{(i % 2 == 0 ? "red" : "blue")}} {{i}}", "target": "{{i}}.png"}""")) + "\n");
        run.Write("captions.yaml", "name: captions\nrows: { kind: caption_targets, path: captions.jsonl }\nmedia: { kind: folder, path: pictures }\n");
        run.Write("blind.jsonl", """{"text": "red"}""" + "\n" + """{"text": "blue"}""" + "\n");
        run.Write("blind.yaml", "name: blind\nrows: { kind: caption_targets, path: blind.jsonl }\n");
        run.Write("generate.yaml", Config);
        run.Write("generate-blind.yaml", "extends: generate.yaml\ndata: { train: blind.yaml }\ntrain: { batch_size: 2 }\n");
    }

    private byte[] Draw(string[] settings, SamplingOptions sampling)
    {
        using var session = GenerationSession.Open(run.Options("generate-blind.yaml", settings), run.Path("runs/drawn"));
        var made = new List<MadeMedium>();
        session.Ask("red", [], new() { MaxNewTokens = 6 }, onMedium: made.Add, sampling: sampling);
        return Assert.Single(made).Content;
    }

    private RunAssembly Assemble(string setting) => RunAssembly.Build(run.Options("generate.yaml", setting), Stage.Of(StageKind.Pretrain), "", _ => { });
}
