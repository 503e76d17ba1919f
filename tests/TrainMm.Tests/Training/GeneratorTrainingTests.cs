using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Generators.StableDiffusion;
using TrainMm.Tests.Torch;
using TrainMm.Training.Exports;
using TrainMm.Training.Loop;
using TrainMm.Training.Objectives;
using TrainMm.Training.Objectives.CaptionContrast;
using TrainMm.Training.Stages;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

/// <summary>Runs without a language model that train a generator of the smallest sizes: its autoencoder, its text encoder, its UNet.</summary>
[Collection(ProcessWide.Name)]
public sealed class GeneratorTrainingTests : IDisposable
{
    private const string Autoencoder = "{ kind: autoencoding, kl_weight: 0.1 }";
    private const string Diffusion = "{ kind: latent_diffusion }";
    private const string Captions = "[image.generator.text_encoder]";
    private const string Unet = "[image.generator.unet, image.generator.text_encoder]";
    private const string Vae = "[image.generator.vae]";

    /// <summary>Sums in another order, and matrices of other sizes.</summary>
    private const double Rounding = 1e-4;

    private readonly TinyRun run = new();

    public GeneratorTrainingTests()
    {
        run.Write("captions.jsonl", string.Join('\n', Enumerable.Range(0, 8).Select(i => $$"""{"text": "{{(i % 2 == 0 ? "red" : "blue")}} {{i / 4}}", "target": "{{i}}.png"}""")) + "\n");
        run.Write("captions.yaml", "name: captions\nrows: { kind: caption_targets, path: captions.jsonl }\nmedia: { kind: folder, path: pictures }\n");
        run.Write("generator.yaml", Config);
    }

    private static string Contrast => $"{{ kind: caption_contrast, vision: {Vision} }}";

    private static string Vision => Path.Combine(Snapshot.RepositoryRoot, "data-manifests/emoji/frozen/vision");

    private static string Config =>
        $$"""
        seed: 7
        device: cpu
        model:
          dtype: float32
          language_model: { kind: none }
          generation:
            image:
              condition_dropout: 0.5
              generator:
                kind: stable_diffusion
                tokenizer: tokenizer
                image_size: 8
                architecture:
                  unet: { sample_size: 4, block_out_channels: [8, 16], layers_per_block: [1], down_block_types: [CrossAttnDownBlock2D, DownBlock2D], up_block_types: [UpBlock2D, CrossAttnUpBlock2D], cross_attention_dim: [12], attention_head_dim: [2], norm_num_groups: 4 }
                  vae: { block_out_channels: [8, 8], layers_per_block: 1, norm_num_groups: 4, down_block_types: [DownEncoderBlock2D, DownEncoderBlock2D], up_block_types: [UpDecoderBlock2D, UpDecoderBlock2D] }
                  text_encoder: { vocab_size: 1004, hidden_size: 12, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 2, max_position_embeddings: 12, eos_token_id: 0 }
        data:
          train: captions.yaml
          tokenizer: tokenizer
          template: { kind: custom, begin: "", discard_prompt: true, answer_suffix: "</s>" }
        objectives: [{{Autoencoder}}]
        trainable: {{Vae}}
        train: { max_steps: 4, batch_size: 4 }
        optimizer: { kind: adamw, learning_rate: 1.0e-2 }
        schedule: { kind: constant }
        checkpoint: { every_steps: 0 }
        evaluation: { every_steps: 0 }
        """;

    public void Dispose() => run.Dispose();

    public static TheoryData<string, string, string[]> Objectives() => new()
    {
        { Autoencoder, Vae, ["image.generator.vae."] },
        { Contrast, Captions, ["image.generator.text_encoder.", "objectives.caption_contrast.text_projection.", "objectives.caption_contrast.logit_scale"] },
        { Diffusion, Unet, ["image.generator.unet.", "image.generator.text_encoder."] },
    };

    [Theory]
    [MemberData(nameof(Objectives))]
    public void EachObjectiveReachesItsPartAndNothingFrozen(string objective, string trainable, string[] reached)
    {
        using var scope = NewDisposeScope();
        using var assembly = Assemble($"objectives=[{objective}]", $"trainable={trainable}");
        using var batch = assembly.LoadTraining(0, 4);
        assembly.Objectives.Compute(assembly.Model, batch, assembly.Objectives.CountsOf(batch), [1, 2, 3, 4]).Loss.backward();
        foreach (var (name, parameter) in assembly.Model.named_parameters())
            Assert.True(reached.Any(path => name.StartsWith(path, StringComparison.Ordinal)) == parameter.grad is not null, name);
        assembly.VerifyFrozen();
    }

    [Theory]
    [MemberData(nameof(Objectives))]
    public void AnInterruptedRunGoesOnBitwise(string objective, string trainable, string[] trained)
    {
        string[] settings = [$"objectives=[{objective}]", $"trainable={trainable}", "model.generation.image.condition_dropout=0.2"];
        run.Train("whole", "generator.yaml", settings: settings);
        Assert.Equal(ExitCode.Preempted, run.Train("interrupted", "generator.yaml", stopAfter: 2, settings: settings).ExitCode);
        run.Train("interrupted", "generator.yaml", settings: settings);
        Assert.Equal(run.Final("whole"), run.Final("interrupted"));
        Assert.Equal(run.Metrics("whole"), run.Metrics("interrupted"));
        using var file = SafetensorsFile.Open(run.Path("runs/whole/final/trained.safetensors"));
        Assert.All(file.Names, name => Assert.StartsWith(trained[0][..trained[0].LastIndexOf('.', trained[0].Length - 2)], name, StringComparison.Ordinal));
    }

    [Fact]
    public void TheAutoencoderComesNearerToItsPictures()
    {
        run.Train("vae", "generator.yaml", settings: ["objectives=[{ kind: autoencoding }]", "train.max_steps=20", "optimizer.learning_rate=3.0e-3"]);
        var losses = run.Metrics("vae").Select(line => line.Loss).ToList();
        Assert.True(losses[^1] < 0.9 * losses[0], $"{losses[0]} -> {losses[^1]}");
    }

    /// <summary>‖x − x̂‖₁ and the divergence, and ‖ε − ε(z, t, τ)‖², from the generator's own parts, medium by medium.</summary>
    [Fact]
    public void TheLossesAreTheirDefinitions()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var assembly = Assemble($"objectives=[{Autoencoder}, {Diffusion}]", "model.generation.image.condition_dropout=0");
        using var batch = assembly.LoadTraining(0, 4);
        long[] seeds = [11, 12, 13, 14];
        var sums = assembly.Objectives.Compute(assembly.Model, batch, assembly.Objectives.CountsOf(batch), seeds).Read();

        var (pass, signals, generator) = (new ForwardPass(assembly.Model, batch, [], seeds), batch.Signals["image"], (ILatentDiffusionGenerator)assembly.Model.Outputs["image"].Generator);
        var (encoded, denoised) = (0.0, 0.0);
        for (var i = 0; i < 4; i++)
        {
            var picture = signals.Targets!.narrow(0, i, 1);
            var key = pass.SeedFor(i, "autoencoding.image.0");
            var made = generator.Reconstruct(picture, [key]);
            var moments = generator.Encode(picture).chunk(2, 1);                                        // μ, ln σ²
            var divergence = moments[0].pow(2).add(moments[1].exp()).sub(1).sub(moments[1]).sum().item<float>() / 2;
            Assert.True(made.Media.equal(generator.Reconstruct(picture, [key]).Media).item<bool>());
            Assert.False(made.Media.equal(generator.Reconstruct(picture, [key + 1]).Media).item<bool>());
            encoded += (made.Media.sub(picture).abs().sum().item<float>() + (0.1 * divergence)) / (3 * 8 * 8);
            var condition = generator.Condition(signals.Captions.narrow(0, i, 1));
            denoised += generator.Loss(condition, generator.Encode(picture), [pass.SeedFor(i, "latent_diffusion.image.0")]).sum().item<float>();
        }

        Assert.Equal([encoded, denoised], sums, (one, two) => Math.Abs(one - two) < Rounding * Math.Abs(one));
    }

    [Fact]
    public void PairsOfTheSameCaptionAreNoNegativesOfOneAnother()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var similarity = randn([4, 4], generator: generator).mul(3);
        var same = tensor(Enumerable.Range(0, 16).Select(i => i / 4 == i % 4 || i is 2 or 8).ToArray(), [4, 4]); // the first and the third
        var numbers = similarity.data<float>().ToArray();
        var expected = Enumerable.Range(0, 4).Sum(i => Told(i, j => numbers[(4 * i) + j]) + Told(i, j => numbers[(4 * j) + i])) / 8;
        Assert.Equal(expected, CaptionContrastObjective.Loss(similarity, same).item<float>(), Rounding);

        static double Told(int own, Func<int, float> at) =>
            Math.Log(Enumerable.Range(0, 4).Where(j => j == own || own + j != 2 || own == 1).Sum(j => Math.Exp(at(j)))) - at(own);
    }

    [Fact]
    public void WhereAConditionIsLeftOutTheCaptionIsTheEmptyOne()
    {
        using var scope = NewDisposeScope();
        using var assembly = Assemble($"objectives=[{Diffusion}]", $"trainable={Unet}", "model.generation.image.condition_dropout=0.999999");
        using var batch = assembly.LoadTraining(0, 4);
        using var other = batch with { Signals = batch.Signals.ToDictionary(pair => pair.Key, pair => pair.Value.To(CPU), StringComparer.Ordinal) };
        other.Signals["image"].Captions.fill_(5);
        var losses = new[] { batch, other }.Select(each => assembly.Objectives.Compute(assembly.Model, each, assembly.Objectives.CountsOf(each), [1, 2, 3, 4]).Read()[0]).ToArray();
        Assert.Equal(losses[0], losses[1]);
    }

    /// <summary>The autoencoder's run is exported, the text encoder's goes on from the folder, then the UNet's.</summary>
    [Fact]
    public void AFolderOfOneRunIsTheCheckpointOfTheNext()
    {
        run.Train("vae", "generator.yaml");
        var first = Export("vae", "generator.yaml", []);
        Assert.True(first.Verification!.Agrees);
        using (var scope = NewDisposeScope())
        using (var assembly = Assemble(FromFolder("vae")))
        using (var batch = assembly.LoadTraining(0, 8))
        {
            var generator = (StableDiffusionGenerator)assembly.Model.Outputs["image"].Generator;
            var scaled = generator.Encode(batch.Signals["image"].Targets!).chunk(2, 1)[0].mul(generator.Sizes.Vae.ScalingFactor);
            Assert.Equal(1, scaled.std().item<float>(), 1e-3);
        }

        string[] captions = [.. FromFolder("vae"), $"objectives=[{Contrast}]", $"trainable={Captions}"];
        run.Train("captions", "generator.yaml", settings: captions);
        Assert.Contains("text_encoder/model.safetensors", Export("captions", "generator.yaml", captions).Files.Select(file => file.Key));
        var contrasted = File.ReadAllText(run.Path("out/captions/text_encoder/config.json"));
        Assert.Contains("CLIPTextModelWithProjection", contrasted, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(run.Path("out/vae/vae/diffusion_pytorch_model.safetensors")), File.ReadAllBytes(run.Path("out/captions/vae/diffusion_pytorch_model.safetensors")));
        Assert.Equal(ExitCode.Done, run.Train("unet", "generator.yaml", settings: [.. FromFolder("captions"), $"objectives=[{Diffusion}]", $"trainable={Unet}"]).ExitCode);
    }

    [Theory]
    [InlineData("model.generation.image.output_projector={kind: mlp}", "leads from a language model's states")]
    [InlineData("objectives=[{kind: condition_alignment}]", "condition_alignment needs a language model")]
    public void WhatCannotBeIsToldWithItsLine(string setting, string expected) =>
        Assert.Contains(expected, Assert.Throws<ConfigurationException>(() => Assemble(setting).Dispose()).Message, StringComparison.Ordinal);

    [Fact]
    public void AModelThatNeitherReadsNorMakesMediaIsAMistake()
    {
        run.Write("neither.yaml", "model: { language_model: { kind: none } }\ndata: { train: captions.yaml, tokenizer: tokenizer }\n");
        Assert.Contains("the model neither reads nor makes media", Assert.Throws<ConfigurationException>(() => run.Options("neither.yaml")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ARunOfAGeneratorAloneHasNoAnswersToEvaluate()
    {
        run.Train("vae", "generator.yaml");
        var request = new ExportRequest { Options = run.Options("generator.yaml"), RunDirectory = run.Path("runs/vae"), Target = ExportTarget.Hf, OutputFolder = run.Path("out/hf") };
        Assert.Contains("is none", Assert.Throws<ConfigurationException>(() => ExportSession.Run(request)).Message, StringComparison.Ordinal);
    }

    private string[] FromFolder(string name) => ["model.generation.image.generator.architecture=null", $"model.generation.image.generator.checkpoint={run.Path($"out/{name}")}", "model.generation.image.generator.tokenizer=null"];

    private ExportResult Export(string name, string config, string[] settings) =>
        ExportSession.Run(new ExportRequest { Options = run.Options(config, settings), RunDirectory = run.Path($"runs/{name}"), Target = ExportTarget.Diffusers, OutputFolder = run.Path($"out/{name}") });

    private RunAssembly Assemble(params string[] settings) => RunAssembly.Build(run.Options("generator.yaml", settings), Stage.Of(StageKind.Pretrain), "", _ => { });
}
