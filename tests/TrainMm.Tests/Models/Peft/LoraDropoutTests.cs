using TrainMm.Models.Peft.Lora;
using TrainMm.Tests.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Peft;

[Collection(ProcessWide.Name)]
public sealed class LoraDropoutTests
{
    [Fact]
    public void DropoutActsInTrainingAlone()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter("lora", new LoraOptions { R = 2, Dropout = 0.5 })));
        TinyModel.Disturb(model.Peft!);
        model.eval();
        Assert.True(model.Hidden(TinyModel.Batch()).allclose(model.Hidden(TinyModel.Batch()), 0, 0));
        model.train();
        manual_seed(1);
        var first = model.Hidden(TinyModel.Batch());
        Assert.False(first.allclose(model.Hidden(TinyModel.Batch()), 0, 0));
        manual_seed(1);
        Assert.True(first.allclose(model.Hidden(TinyModel.Batch()), 0, 0));
    }
}
