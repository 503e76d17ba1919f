using System.Diagnostics;
using System.Text;
using TrainMm.Core.Config;

namespace TrainMm.Tests.Core.Config;

/// <summary>How a configuration that is right is read.</summary>
public sealed class ConfigReadingTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void EveryTypeIsRead()
    {
        folder.Write("list.jsonl", "{}");
        var options = Read("""
            seed: 8_000_000_000
            name: "true"
            projector: {kind: mlp, depth: 3, dropout: .5}
            train:
              max_steps: 7
              learning_rate: 2.0e-5
              schedule: linear_decay
              clip_norm: null
              betas: [0.8, 1e-1]
              trainable: [projector, llm.adapter]
            data:
              - manifest: list.jsonl
              - {manifest: ./list.jsonl, weight: 0.5}
            ranks: {v_proj: 4, "layers.0": 8}
            """);
        Assert.Equal(8_000_000_000, options.Seed);
        Assert.Equal("true", options.Name);
        Assert.Equal("mlp 3->5 depth=3", options.Projector.Create(new ProjectorContext(3, 5)).Summary);
        Assert.Equal(0.5f, ((MlpOptions)options.Projector.Options).Dropout);
        Assert.Null(options.Extra);
        Assert.Equal(7, options.Train.MaxSteps);
        Assert.Equal(2.0e-5, options.Train.LearningRate);
        Assert.Equal(Schedule.LinearDecay, options.Train.Schedule);
        Assert.Null(options.Train.ClipNorm);
        Assert.Equal([0.8, 0.1], options.Train.Betas);
        Assert.Equal(["projector", "llm.adapter"], options.Train.Trainable);
        Assert.All(options.Data, each => Assert.Equal(Path.Combine(folder.Path, "list.jsonl"), each.Manifest));
        Assert.Equal([1, 0.5], options.Data.Select(each => each.Weight));
        Assert.Equal("v_proj layers.0", string.Join(" ", options.Ranks.Keys));
        Assert.Equal(Path.Combine(Environment.CurrentDirectory, "runs/sample"), options.RunDir);
    }

    [Fact]
    public void DefaultsOfTheParentHoldForWhatIsNotWritten()
    {
        Assert.Equal(200, Read("projector: {kind: linear}\ntrain:\n  learning_rate: 1\n").Train.MaxSteps);
        Assert.Equal(200, Read("projector: {kind: linear}\ntrain:\n").Train.MaxSteps);
        Assert.Equal(200, Read("projector: {kind: linear}\n").Train.MaxSteps);
    }

    [Fact]
    public void OverlaysMergeMappingsAndReplaceTheRest()
    {
        folder.Write("systems/base.yaml", "seed: 1\nprojector: {kind: mlp, depth: 4}\ntrain: {max_steps: 10, trainable: [projector, llm]}\nrun_dir: out\n");
        folder.Write("systems/fast.yaml", "train: {max_steps: 2}\nseed: 2\n");
        var options = Read("extends: [systems/base.yaml, systems/fast.yaml]\nprojector: {dropout: 0.1}\ntrain: {trainable: [projector]}\n");
        var mlp = (MlpOptions)options.Projector.Options;
        Assert.Equal((4, 0.1f), (mlp.Depth, mlp.Dropout));
        Assert.Equal((2L, 2), (options.Seed, options.Train.MaxSteps));
        Assert.Equal(["projector"], options.Train.Trainable);
        Assert.Equal(Path.Combine(folder.Path, "systems", "out"), options.RunDir);
    }

    [Fact]
    public void AnotherKindReplacesTheOptionsOfTheFirst()
    {
        folder.Write("base.yaml", "projector: {kind: mlp, depth: 4}\n");
        Assert.True(((LinearOptions)Read("extends: base.yaml\nprojector: {kind: linear}\n").Projector.Options).Bias);
        Assert.False(((LinearOptions)Read("extends: base.yaml\n", "projector.bias=false", "projector.kind=linear").Projector.Options).Bias);
    }

    [Fact]
    public void OverridesComeLast()
    {
        var options = Read(
            "projector: {kind: mlp}\ntrain: {betas: [0.9, 0.99]}\nranks: {a: 1}\n",
            "train.max_steps=5",
            "train.max_steps=6",
            "train.betas.1=0.5",
            "ranks.\"layers.0\"=3",
            "ranks.\"a\"=2",
            "name=a=b",
            "run_dir=here",
            "extra={kind: mlp, depth: 1}");
        Assert.Equal(6, options.Train.MaxSteps);
        Assert.Equal([0.9, 0.5], options.Train.Betas);
        Assert.Equal([KeyValuePair.Create("a", 2), KeyValuePair.Create("layers.0", 3)], options.Ranks);
        Assert.Equal("a=b", options.Name);
        Assert.Equal(Path.Combine(Environment.CurrentDirectory, "here"), options.RunDir);
        Assert.Equal("mlp", options.Extra?.Kind);
    }

    [Fact]
    public void VariablesAreFilledIn()
    {
        Environment.SetEnvironmentVariable("TRAINMM_TEST_FOLDER", folder.Path);
        var options = Read("projector: {kind: mlp}\nrun_dir: ${TRAINMM_TEST_FOLDER}/out\nseed: ${TRAINMM_TEST_NOT_SET:-5}\nname: a $${b} $c\n");
        Assert.Equal(Path.Combine(folder.Path, "out"), options.RunDir);
        Assert.Equal(5, options.Seed);
        Assert.Equal("a ${b} $c", options.Name);
    }

    [Fact]
    public void PlacesAreRemembered()
    {
        var options = Read("projector:\n  kind: mlp\n  depth: 3\ntrain:\n  max_steps: 4\n");
        var file = Path.Combine(folder.Path, "run.yaml");
        Assert.Equal(new SourcePlace(file, 3, 10), OptionSource.PlaceOf(options.Projector.Options, nameof(MlpOptions.Depth)));
        Assert.Equal(new SourcePlace(file, 4, 1), OptionSource.PlaceOf(options.Train, nameof(TrainOptions.Schedule)));
        Assert.Equal(new SourcePlace(file, 1, 1), OptionSource.PlaceOf(options, nameof(options.Projector)));
        Assert.Equal("train.max_steps", OptionSource.NameOf(options.Train, nameof(TrainOptions.MaxSteps)));
        Assert.Equal("projector.depth", OptionSource.NameOf(options.Projector.Options, nameof(MlpOptions.Depth)));
    }

    [Fact]
    public void ThreeHundredLinesLoadInUnder50Milliseconds()
    {
        var yaml = new StringBuilder("projector: {kind: mlp}\nranks:\n");
        for (var i = 0; i < 298; i++) yaml.Append("  layer_").Append(i).Append(": ").Append(i + 1).Append('\n');
        var path = folder.Write("run.yaml", yaml.ToString());
        var times = Enumerable.Range(0, 5).Select(_ =>
        {
            var watch = Stopwatch.StartNew();
            Assert.Equal(298, ConfigBinder.Bind<SampleOptions>(ConfigDocument.Load(path)).Ranks.Count);
            return watch.Elapsed.TotalMilliseconds;
        });
        Assert.InRange(times.Min(), 0, 50);
    }

    private SampleOptions Read(string yaml, params string[] overrides) =>
        ConfigBinder.Bind<SampleOptions>(ConfigDocument.Load(folder.Write("run.yaml", yaml), overrides));
}
