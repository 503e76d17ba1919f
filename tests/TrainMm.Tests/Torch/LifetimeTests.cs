using System.Runtime.CompilerServices;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

[Collection(ProcessWide.Name)]
public sealed class LifetimeTests
{
    private const int Steps = 200;

    [Fact]
    public void TrainingStepsLeakNoTensor()
    {
        Settle();
        var before = TensorCount.Live;
        using (NewDisposeScope())
        {
            var (first, second) = (randn(16, 8, requires_grad: true), randn(4, 16, requires_grad: true));
            var duringFirst = 0L;
            for (var step = 0; step < Steps; step++)
            {
                Step(first, second);
                if (step == 0) duringFirst = TensorCount.Live;
            }

            Assert.Equal(duringFirst, TensorCount.Live);
        }

        Settle();
        Assert.Equal(before, TensorCount.Live);
    }

    [Fact]
    public void TheFinaliserFreesWhatNobodyDisposed()
    {
        Settle();
        var before = TensorCount.Live;
        Forget(50);
        Assert.True(TensorCount.Live >= before);
        Settle();
        Assert.Equal(before, TensorCount.Live);
    }

    [Fact]
    public void DisposingTwiceIsHarmless()
    {
        Settle();
        var before = TensorCount.Live;
        var tensor = ones(3);
        tensor.Dispose();
        tensor.Dispose();
        Assert.Equal(before, TensorCount.Live);
    }

    [Fact]
    public void AParameterTakesItsTensorOver()
    {
        Settle();
        var before = TensorCount.Live;
        var tensor = ones(3);
        var parameter = nn.Parameter(tensor);
        Assert.True(tensor.IsInvalid);
        Assert.Equal(before + 1, TensorCount.Live);
        parameter.Dispose();
        Assert.Equal(before, TensorCount.Live);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Step(Tensor first, Tensor second)
    {
        using var scope = NewDisposeScope();
        var hidden = ActivationCheckpoint.Run(x => nn.functional.gelu(nn.functional.linear(x, first)), randn(5, 8));
        var loss = nn.functional.cross_entropy(nn.functional.linear(hidden, second), tensor(new long[] { 0, 1, 2, 3, 0 }));
        loss.backward();
        using var guard = no_grad();
        foreach (var parameter in new[] { first, second })
        {
            parameter.sub_(parameter.grad! * 0.01);
            parameter.grad = null;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(int count)
    {
        for (var i = 0; i < count; i++) ones(1000).add(1);
    }

    private static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
