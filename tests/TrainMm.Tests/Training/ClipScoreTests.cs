using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.Clip;
using TrainMm.Models.Encoders.ClipVit;
using TrainMm.Models.Layers;
using TrainMm.Tests.Torch;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Loop;
using TrainMm.Training.Stages;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

/// <summary>How well made pictures fit their captions, and the demo that draws, in miniature.</summary>
[Collection(ProcessWide.Name)]
public sealed class ClipScoreTests : IDisposable
{
    private readonly TempFolder folder = new();

    private static string Frozen(string part) => Path.Combine(Snapshot.RepositoryRoot, "data-manifests/emoji/frozen", part);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ThePicturesOwnCaptionIsComparedWithTheOthers()
    {
        // The second and the third ask for the same, so neither is the other's control.
        float[] scores = [0.9f, 0.1f, 0.1f, 0.2f, 0.3f, 0.8f, 0.5f, 0.6f, 0.6f];
        var result = ClipScoreResult.Of(scores, ["cat", "dog", "dog"], answered: 0.5);
        Assert.Equal((3, 0.5), (result.Prompts, result.Answered));
        Assert.Equal((0.9 + 0.3 + 0.6) / 3, result.Score, 1e-6);
        Assert.Equal((0.1 + 0.2 + 0.5) / 3, result.Shuffled, 1e-6);
        Assert.Equal(1, result.Preferred, 1e-9);
        Assert.Equal(result.Score - result.Shuffled, result.Gain, 1e-12);
        Assert.Equal((0.1, 0.8), (result.GainLow, result.GainHigh), (one, two) => Math.Abs(one.Item1 - two.Item1) < 1e-6 && Math.Abs(one.Item2 - two.Item2) < 1e-6);
    }

    [Fact]
    public void WithoutARelationTheIntervalHoldsZeroAndWithOneItDoesNot()
    {
        const int Count = 60;
        var random = new Random(3);
        var captions = Enumerable.Range(0, Count).Select(i => $"caption {i}").ToArray();
        float[] noise = [.. Enumerable.Range(0, Count * Count).Select(_ => random.NextSingle())];
        var none = ClipScoreResult.Of(noise, captions, answered: 1);
        Assert.InRange(0, none.GainLow, none.GainHigh);
        Assert.InRange(none.Preferred, 0.35, 0.65);
        var some = ClipScoreResult.Of([.. noise.Select((score, i) => score + (i % (Count + 1) == 0 ? 1 : 0))], captions, answered: 1);
        Assert.Equal(none.Gain + 1, some.Gain, 1e-6);
        Assert.True(some.GainLow > 0.8 && some.GainHigh < 1.2 && some.Preferred > 0.99);
    }

    [Fact]
    public void TheHalvesAreTheTowersWithTheirProjections()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var options = new ClipScoreOptions { Vision = Frozen("vision"), Text = Frozen("clip-text") };
        using var vision = new ClipImageTower(options, nameof(options.Vision), options.Vision, new ModuleScope("vision", ScalarType.Float32, CPU));
        using var generator = new Generator(2);
        var pictures = rand([2, 3, 64, 64], generator: generator);
        using var encoder = ClipVitEncoder.CreateWhole(new ClipVitOptions { Checkpoint = options.Vision }, new(new ModuleScope("encoder", ScalarType.Float32, CPU), 0));
        using var source = WeightSource.Open(options.Vision);
        var normed = pictures.sub(tensor(new[] { 0.48145466f, 0.4578275f, 0.40821073f }).view(1, 3, 1, 1)).div(tensor(new[] { 0.26862954f, 0.26130258f, 0.27577711f }).view(1, 3, 1, 1));
        var expected = encoder.Pool(encoder.Features(normed)).matmul(source.Read("visual_projection.weight", ScalarType.Float32).t());
        expected = expected.div(expected.pow(2).sum([1], keepdim: true).sqrt());
        Assert.True(vision.Forward(pictures).sub(expected).abs().max().item<float>() < 1e-5);
        Assert.True(vision.Forward(pictures.narrow(2, 0, 32).narrow(3, 0, 32)).pow(2).sum(1L).sub(1).abs().max().item<float>() < 1e-5);
        using var text = new ClipTextTower(options, nameof(options.Text), options.Text, new ModuleScope("text", ScalarType.Float32, CPU));
        Assert.Equal(vision.OutputWidth, text.OutputWidth);
        var ids = tensor(new long[] { 1, 700, 701, 0, 0, 1, 702, 0, 0, 0 }, [2, 5]);
        Assert.True(text.Forward(ids).sub(text.Forward(ids.narrow(1, 0, 4))).abs().max().item<float>() < 1e-5); // padding behind the first changes nothing
    }

    [Fact]
    public void ATextHalfWithoutItsProjectionIsRefused()
    {
        var options = new ClipScoreOptions { Vision = Frozen("vision"), Text = Frozen("generator/text_encoder") };
        SafetensorsWriter.Write(Path.Combine(folder.Path, "model.safetensors"), Without(options.Text, "text_projection.weight"));
        File.Copy(Path.Combine(options.Text, "config.json"), Path.Combine(folder.Path, "config.json"));
        var fault = Assert.Throws<ConfigurationException>(() => new ClipTextTower(options, nameof(options.Text), folder.Path, new ModuleScope("text", ScalarType.Float32, CPU)).Dispose());
        Assert.Contains("has no text_projection.weight", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>configs/demo-generate, both stages and their figures.</summary>
    [Fact]
    public void TheDemoThatDrawsRunsThroughBothStages()
    {
        Train(StageKind.Pretrain, "pretrain");
        Train(StageKind.Sft, "sft", $"initial_run={Path.Combine(folder.Path, "pretrain")}");
        var report = EvaluationSession.Run(new EvaluationRequest { Options = Options("sft", "evaluation.clip_score.samples=4", "evaluation.max_samples=4"), RunDirectory = Path.Combine(folder.Path, "sft"), Splits = ["test_concept"] });
        var split = report.Splits["test_concept"];
        Assert.Equal(["condition_alignment", "latent_diffusion"], split.Made!.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(4, split.ClipScore!.Prompts);
        Assert.InRange(split.ClipScore.Gain, split.ClipScore.GainLow, split.ClipScore.GainHigh);
        Assert.Contains("CLIP-score of made pictures", File.ReadAllText(Path.Combine(folder.Path, "sft", "report.html")), StringComparison.Ordinal);
    }

    private static Dictionary<string, Tensor> Without(string checkpoint, string name)
    {
        using var source = WeightSource.Open(checkpoint);
        return source.Names.Where(each => each != name).ToDictionary(each => each, each => source.Read(each), StringComparer.Ordinal);
    }

    private static RunOptions Options(string stage, params string[] settings) =>
        ConfigBinder.Bind<RunOptions>(ConfigDocument.Load(Path.Combine(Snapshot.RepositoryRoot, "configs/demo-generate/smoke.yaml"), ["device=cpu", "model.dtype=float32", .. settings], stage));

    private void Train(StageKind stage, string name, params string[] settings)
    {
        using var stop = new StopSignal();
        var run = new RunRequest { Options = Options(name, [.. settings, "evaluation.every_steps=0", "train.target_cache.use=off"]), Stage = stage, RunDirectory = Path.Combine(folder.Path, name) };
        Assert.Equal(ExitCode.Done, RunSession.Start(run, new StoppingObserver(stop, null), stop).ExitCode);
    }
}
