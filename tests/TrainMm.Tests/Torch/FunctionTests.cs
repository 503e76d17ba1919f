using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

public sealed class FunctionTests
{
    [Fact]
    public void BackwardIsTheFunctionsOwn()
    {
        var x = tensor(new[] { 1f, 2f }, requires_grad: true);
        var y = Cube.apply(x, 10.0);
        Assert.Equal([10f, 80f], y.Floats());
        y.sum().backward();
        Assert.Equal([30f, 120f], x.grad!.Floats());
    }

    [Fact]
    public void WithoutGradientsNoGraphIsMade()
    {
        Assert.False(Cube.apply(ones(1), 1.0).requires_grad);
        using var guard = no_grad();
        Assert.False(Cube.apply(ones(1, requires_grad: true), 1.0).requires_grad);
    }

    [Fact]
    public void ManyOutputsGetZerosWhereNoGradientCame()
    {
        var a = tensor(3f, requires_grad: true);
        var b = tensor(5f, requires_grad: true);
        var outputs = SumAndProduct.apply(a, b);
        outputs[1].backward();
        Assert.Equal((5f, 3f), (a.grad!.item<float>(), b.grad!.item<float>()));
    }

    [Fact]
    public void AnExceptionInBackwardSurfaces()
    {
        var x = ones(1, requires_grad: true);
        var y = Failing.apply(x);
        var problem = Assert.Throws<ExternalException>(() => y.backward());
        Assert.Equal("no gradient today (InvalidDataException in a backward pass)", problem.Message.Split('\n')[0]);
        Assert.Equal([2f], (x + 1).Floats());
    }

    [Fact]
    public void SavedTensorsAreWatched()
    {
        var x = ones(2, requires_grad: true);
        var middle = x * 1;
        var y = Cube.apply(middle, 1.0);
        middle.mul_(2);
        var problem = Assert.Throws<ExternalException>(() => y.sum().backward());
        Assert.Contains("modified by an inplace operation", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AGraphThatIsDroppedFreesItsCalls()
    {
        var used = Forward(run: true);
        var dropped = Forward(run: false);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(used.IsAlive);
        Assert.False(dropped.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Forward(bool run)
    {
        using var scope = NewDisposeScope();
        var marker = new object();
        var y = SavesItsOutput.apply(ones(1, requires_grad: true), marker);
        if (run) y.backward();
        return new WeakReference(marker);
    }

    private sealed class Cube : autograd.SingleTensorFunction<Cube>
    {
        public override string Name => "cube";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            ctx.save_for_backward([(Tensor)vars[0]]);
            ctx.save_data("factor", vars[1]);
            return ((Tensor)vars[0]).pow(3) * (double)vars[1];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
            [grad_output * ctx.get_saved_variables()[0].pow(2) * 3 * (double)ctx.get_data("factor"), null!];
    }

    private sealed class SumAndProduct : autograd.MultiTensorFunction<SumAndProduct>
    {
        public override string Name => "sum and product";

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (a, b) = ((Tensor)vars[0], (Tensor)vars[1]);
            ctx.save_for_backward([a, b]);
            return [a + b, a * b];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
        {
            var saved = ctx.get_saved_variables();
            return [grad_outputs[0] + (grad_outputs[1] * saved[1]), grad_outputs[0] + (grad_outputs[1] * saved[0])];
        }
    }

    private sealed class Failing : autograd.SingleTensorFunction<Failing>
    {
        public override string Name => "failing";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => ((Tensor)vars[0]).clone();

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => throw new InvalidDataException("no gradient today");
    }

    private sealed class SavesItsOutput : autograd.SingleTensorFunction<SavesItsOutput>
    {
        public override string Name => "exponential";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var output = ((Tensor)vars[0]).exp();
            ctx.save_for_backward([output]);
            ctx.save_data("marker", vars[1]);
            return output;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => [grad_output * ctx.get_saved_variables()[0], null!];
    }
}
