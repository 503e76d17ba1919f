using TrainMm.Tests.Torch;
using TrainMm.Torch;

namespace TrainMm.Tests.Training;

[Collection(ProcessWide.Name)]
public sealed class LiveTensorTests
{
    [Fact]
    public void ARunOf200StepsLeavesNoTensorBehind()
    {
        using var run = new TinyRun();
        Collect();
        var before = TensorCount.Live;
        run.Train("pretrain", settings: ["train.max_steps=200", "evaluation.every_steps=50", "checkpoint.every_steps=50"]);
        Assert.Equal(before, TensorCount.Live);
    }

    /// <summary>What other tests have left to the finalisers goes now, not while tensors are counted.</summary>
    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
