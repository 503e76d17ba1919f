using TrainMm.Models;
using TrainMm.Models.LanguageModels;
using TrainMm.Models.LanguageModels.T5;
using TrainMm.Tests.Models.LanguageModels;
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
    public void AnEncoderDecoderLeavesNoTensorsBehind()
    {
        var languageModel = LanguageModelCatalog.All.Component("flan_t5", new T5Options { Architecture = TinyLanguageModels.T5("gated-gelu", tied: false, decoderLayers: 3) });
        using var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter(), languageModel: languageModel), "image.input_projector", TrainablePaths.Adapter);
        StepAndGenerate();
        var before = LiveTensors();
        for (var i = 0; i < 10; i++) StepAndGenerate();
        Assert.Equal(before, TensorCount.Live);

        void StepAndGenerate()
        {
            using var scope = NewDisposeScope();
            using var batch = TinyModel.Batch();
            TinyModel.Loss(model, batch).backward();
            foreach (var parameter in model.parameters()) parameter.grad = null;
            Assert.Equal(4, model.Generate(batch, new() { MaxNewTokens = 4 })[0].Length);
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
