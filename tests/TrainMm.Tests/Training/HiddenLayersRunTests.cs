using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Tests.Torch;
using TrainMm.Training.Loop;
using TrainMm.Training.Stages;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

/// <summary>Output projectors that read other layers of the language model than its last.</summary>
[Collection(ProcessWide.Name)]
public sealed class HiddenLayersRunTests : IDisposable
{
    private const string Alignment = "objectives=[{ kind: condition_alignment }]";
    private const double Rounding = 1e-5;
    private readonly TinyRun run = new();

    public HiddenLayersRunTests()
    {
        run.Write("captions.jsonl", string.Join('\n', Enumerable.Range(0, 4).Select(i => $$"""{"text": "{{(i % 2 == 0 ? "red" : "blue")}} {{i}}", "target": "{{i}}.png"}""")) + "\n");
        run.Write("captions.yaml", "name: captions\nrows: { kind: caption_targets, path: captions.jsonl }\nmedia: { kind: folder, path: pictures }\n");
        run.Write("generate.yaml", GenerationRunTests.Config);
    }

    public void Dispose() => run.Dispose();

    [Fact]
    public void TheLastStatesAreReadUnlessOthersAreNamed()
    {
        Assert.Equal(LossAndGradients(), LossAndGradients("model.generation.image.hidden_layers=[-1]"));
        Assert.Equal(LossAndGradients(), LossAndGradients("model.generation.image.hidden_layers=[2]"));
        Assert.NotEqual(LossAndGradients(), LossAndGradients("model.generation.image.hidden_layers=[1]"));
    }

    /// <summary>Each layer's states, taken from a pass that computes all positions, through its projector; the sum against τ(t).</summary>
    [Theory]
    [InlineData("own", 0)]
    [InlineData("foretelling", 1)]
    public void EachLayerHasAProjectorAndTheirConditionsAreAdded(string states, int before)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var assembly = Assemble("model.generation.image.hidden_layers=[0, -2, 2]", $"model.generation.image.states={states}");
        using var batch = assembly.LoadTraining(0, 4);
        var (model, signals) = (assembly.Model, batch.Signals["image"]);
        var measured = assembly.Objectives.Compute(model, batch, assembly.Objectives.CountsOf(batch), [1, 2, 3, 4]).Read()[0];

        var layers = new Dictionary<int, Tensor>();
        var last = model.Hidden(batch, observe: (layer, outputs) => layers[layer] = outputs);
        var path = model.Outputs["image"];
        Assert.Equal([0, 1, 2], path.Layers);
        var embeddings = model.LanguageModel.Embed(batch.Ids.reshape(-1).index_select(0, signals.Places)).view(4, 3, 32);
        Tensor[] read = [.. ((Tensor[])[layers[0], layers[1], last]).Select(each => each.reshape(-1, 32).index_select(0, signals.Places.sub(before)).view(4, 3, 32))];
        var condition = path.Projectors[0].Project(read[0], embeddings) + path.Projectors[1].Project(read[1], embeddings) + path.Projectors[2].Project(read[2], embeddings);
        var expected = condition.sub(path.Generator.Condition(signals.Captions)).pow(2).mean().item<float>() * 4;
        Assert.Equal(expected, measured, Rounding * expected);
    }

    /// <summary>A projector of the first layer's output has nothing to teach the second; one of both layers and the embeddings reaches all.</summary>
    [Theory]
    [InlineData("[1]", new[] { 0 })]
    [InlineData("[0]", new int[0])]
    [InlineData("[0, 1, -1]", new[] { 0, 1 })]
    public void TheGradientFlowsThroughTheLayersThatAreRead(string layers, int[] reached)
    {
        using var scope = NewDisposeScope();
        using var assembly = Assemble($"model.generation.image.hidden_layers={layers}", "model.adapter={kind: lora, r: 2, target_modules: [q_proj, v_proj]}", "trainable=[adapter, signal_tokens, image.output_projector]");
        using var batch = assembly.LoadTraining(0, 4);
        assembly.Objectives.Compute(assembly.Model, batch, assembly.Objectives.CountsOf(batch), [1, 2, 3, 4]).Loss.backward();
        foreach (var (name, parameter) in assembly.Model.named_parameters().Where(pair => pair.name.Contains(".lora_", StringComparison.Ordinal)))
            Assert.True(reached.Any(layer => name.Contains($".layers.{layer}.", StringComparison.Ordinal)) == parameter.grad is not null, name);
        Assert.All(assembly.Model.named_parameters().Where(pair => pair.name.StartsWith("image.output_projector.", StringComparison.Ordinal)), pair => Assert.True(pair.parameter.grad?.abs().max().item<float>() > 0, pair.name));
    }

    [Fact]
    public void AnInterruptedRunGoesOnBitwise()
    {
        string[] settings = [Alignment, "model.generation.image.hidden_layers=[1, -1]", "train.max_steps=2", "train.batch_size=2", "checkpoint.every_steps=0"];
        run.Train("whole", "generate.yaml", settings: settings);
        Assert.Equal(ExitCode.Preempted, run.Train("interrupted", "generate.yaml", stopAfter: 1, settings: settings).ExitCode);
        run.Train("interrupted", "generate.yaml", settings: settings);
        Assert.Equal(run.Final("whole"), run.Final("interrupted"));
        using (var file = SafetensorsFile.Open(run.Path("runs/whole/final/output_projector.safetensors")))
            Assert.Equal(["image.output_projector.0.fc.weight", "image.output_projector.1.fc.weight"], file.Names.Where(name => name.EndsWith(".fc.weight", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("[3]", "has the hidden states 0 to 2, or -3 to -1")]
    [InlineData("[-4]", "has the hidden states 0 to 2, or -3 to -1")]
    [InlineData("[2, -1]", "names a layer twice")]
    [InlineData("[]", "hidden_layers")]
    public void LayersThatCannotBeReadAreToldWithTheirOption(string layers, string expected) =>
        Assert.Contains(expected, Assert.Throws<ConfigurationException>(() => Assemble($"model.generation.image.hidden_layers={layers}").Dispose()).Message, StringComparison.Ordinal);

    /// <summary>OPT of 350 million hands on more numbers than its embeddings have.</summary>
    [Fact]
    public void LayersOfAnotherWidthThanTheEmbeddingsAreRefused()
    {
        const string Opt = "model.language_model={kind: opt, architecture: {vocab_size: 1004, hidden_size: 32, word_embed_proj_dim: 16, ffn_dim: 48, num_hidden_layers: 2, num_attention_heads: 4, max_position_embeddings: 128}}";
        Assert.Contains("only -1 can be read", Assert.Throws<ConfigurationException>(() => Assemble(Opt, "model.generation.image.hidden_layers=[1]").Dispose()).Message, StringComparison.Ordinal);
    }

    private (double Loss, string Gradients) LossAndGradients(params string[] settings)
    {
        using var scope = NewDisposeScope();
        using var assembly = Assemble(settings);
        using var batch = assembly.LoadTraining(0, 4);
        var loss = assembly.Objectives.Compute(assembly.Model, batch, assembly.Objectives.CountsOf(batch), [1, 2, 3, 4]);
        loss.Loss.backward();
        var gradients = assembly.Model.named_parameters().Where(pair => pair.parameter.grad is not null).Select(pair => $"{pair.name} {Convert.ToHexString(pair.parameter.grad!.contiguous().bytes)}");
        return (loss.Read()[0], string.Join('\n', gradients));
    }

    private RunAssembly Assemble(params string[] settings) =>
        RunAssembly.Build(run.Options("generate.yaml", [Alignment, .. settings]), Stage.Of(StageKind.Pretrain), "", _ => { });
}
