using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Tests.Models;
using TrainMm.Tests.Torch;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

[Collection(ProcessWide.Name)]
public sealed class LayerRecomputationTests : IDisposable
{
    private readonly TinyRun run = new();

    public void Dispose() => run.Dispose();

    [Theory]
    [InlineData(Recomputation.Selective)]
    [InlineData(Recomputation.Full)]
    public void LayersThatComputeTwiceGiveTheSameGradientBitForBit(Recomputation recomputation)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter()), TrainablePaths.Adapter, "image.input_projector");
        TinyModel.Disturb(model.Peft!);
        var kept = GradientsOf(model);
        model.Recomputation = new(recomputation);
        var again = GradientsOf(model);
        Assert.All(kept.Zip(again), pair => Assert.Equal(pair.First, pair.Second));
        Assert.Contains(kept, gradient => gradient.Any(value => value != 0));
    }

    /// <summary>With dropout, whose numbers must be the same in both passes.</summary>
    [Theory]
    [InlineData("selective")]
    [InlineData("full")]
    public void ARunEndsWithTheSameBytes(string recomputation)
    {
        string[] settings = ["train.max_steps=3", "initial_run=null"];
        run.Train("kept", "sft.yaml", settings: settings);
        run.Train("again", "sft.yaml", settings: [.. settings, $"train.activation_checkpointing={recomputation}"]);
        var (kept, again) = (run.Final("kept"), run.Final("again"));
        Assert.Equal(kept["adapter/adapter_model.safetensors"], again["adapter/adapter_model.safetensors"]);
        Assert.Equal(kept["input_projector.safetensors"], again["input_projector.safetensors"]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void LayersThatBeginWhenTheBudgetIsSpentForget(int kept)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter()), TrainablePaths.Adapter, "image.input_projector");
        TinyModel.Disturb(model.Peft!);
        var expected = GradientsOf(model);
        var asked = 0;
        model.Recomputation = new(Recomputation.Selective, () => asked++ >= kept);
        Assert.All(expected.Zip(GradientsOf(model)), pair => Assert.Equal(pair.First, pair.Second));
        Assert.Equal(2, asked);
    }

    /// <summary>What is taken when the loss is there tells how many layers kept what they computed; so small a model's nodes and closures count too, so that it is only told apart whether most did or few.</summary>
    [Fact]
    public void ABudgetBoundsWhatIsKept()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter()), TrainablePaths.Adapter, "image.input_projector");
        TakenWith(RecomputationRule.None); // what libtorch makes once
        var before = MemoryStatistics.TensorBytes(CPU)!.Value;
        var (all, none) = (TakenWith(RecomputationRule.None), TakenWith(new(Recomputation.Full)));
        Assert.True(none < all / 2, $"{none} bytes with all layers forgetting, {all} with none");
        Assert.InRange(TakenWith(Within(before)), 0, (all + none) / 2);
        Assert.InRange(TakenWith(Within(before + (2 * all))), (all + none) / 2, 2 * all);

        RecomputationRule Within(long budget) => new(Recomputation.Selective, () => MemoryStatistics.TensorBytes(CPU) > budget);

        long TakenWith(RecomputationRule rule)
        {
            using var inner = NewDisposeScope();
            using var batch = TinyModel.Batch();
            model.Recomputation = rule;
            var start = MemoryStatistics.TensorBytes(CPU)!.Value;
            var loss = TinyModel.Loss(model, batch);
            var bytes = MemoryStatistics.TensorBytes(CPU)!.Value - start;
            loss.backward();
            foreach (var parameter in model.parameters()) parameter.grad = null;
            return bytes;
        }
    }

    [Theory]
    [InlineData("1.0e-6")]
    [InlineData("1000")]
    public void ARunWithABudgetEndsWithTheSameBytes(string gib)
    {
        string[] settings = ["train.max_steps=3", "initial_run=null"];
        run.Train("kept", "sft.yaml", settings: settings);
        run.Train("budget", "sft.yaml", settings: [.. settings, "train.activation_checkpointing=selective", $"train.activation_budget_gib={gib}"]);
        Assert.Equal(run.Final("kept")["adapter/adapter_model.safetensors"], run.Final("budget")["adapter/adapter_model.safetensors"]);
    }

    [Fact]
    public void ABudgetAsksForSelective()
    {
        var fault = Assert.Throws<ConfigurationException>(() => run.Train("refused", "sft.yaml", settings: ["initial_run=null", "train.activation_budget_gib=1"]));
        Assert.Contains("train.activation_budget_gib: is for activation_checkpointing: selective", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.fusion={ kind: visual_expert }", "the fusion acts within the layers")]
    [InlineData("model.adapter={ kind: prefix_tuning }", "the adapter gives each layer a learned prefix")]
    public void WhereALayerIsGivenMoreThanStatesItIsRefused(string setting, string reason)
    {
        var fault = Assert.Throws<ConfigurationException>(() => run.Train("refused", "sft.yaml", settings: ["initial_run=null", "train.activation_checkpointing=full", setting]));
        Assert.Contains($"train.activation_checkpointing: must be none: {reason}", fault.Message, StringComparison.Ordinal);
    }

    private static List<float[]> GradientsOf(MultimodalModel model)
    {
        using var scope = NewDisposeScope();
        using var batch = TinyModel.Batch();
        TinyModel.Loss(model, batch).backward();
        var trained = model.parameters().Where(parameter => parameter.requires_grad).ToList();
        List<float[]> gradients = [.. trained.Select(parameter => parameter.grad!.data<float>().ToArray())];
        foreach (var parameter in trained) parameter.grad = null;
        return gradients;
    }
}
