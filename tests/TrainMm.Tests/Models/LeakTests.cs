using TrainMm.Models;
using TrainMm.Tests.Torch;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models;

[Collection(ProcessWide.Name)]
public sealed class LeakTests
{
    [Fact]
    public void AStepLeavesNoTensorsBehind()
    {
        using var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter("partial_lora")), "image.input_projector", TrainablePaths.Adapter);
        Step(model);
        var before = LiveTensors();
        for (var i = 0; i < 50; i++) Step(model);
        Assert.Equal(before, TensorCount.Live);

        static void Step(MultimodalModel model)
        {
            using var scope = NewDisposeScope();
            TinyModel.Loss(model, TinyModel.Batch()).backward();
            foreach (var parameter in model.parameters()) parameter.grad = null;
        }
    }

    [Fact]
    public void AModelThatIsDisposedLeavesNoTensorsBehind()
    {
        TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter())).Dispose();
        var before = LiveTensors();
        TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter())).Dispose();
        Assert.Equal(before, TensorCount.Live);
    }

    /// <summary>The count without what other tests left to the finaliser, which would lower it later.</summary>
    private static long LiveTensors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return TensorCount.Live;
    }
}
