using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Tests.Models;
using TrainMm.Tests.Torch;
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
        model.Recomputation = recomputation;
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
