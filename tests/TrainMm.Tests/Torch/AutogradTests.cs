using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

public sealed class AutogradTests
{
    [Fact]
    public void GradientsAddUpInLeaves()
    {
        var x = tensor(new[] { 1f, 2f, 3f }, requires_grad: true);
        Assert.Null(x.grad);
        (x * x).sum().backward();
        (x * 2).sum().backward();
        Assert.Equal([4f, 6f, 8f], x.grad!.Floats());
        x.grad = null;
        Assert.Null(x.grad);
        x.grad = ones(3);
        Assert.Equal([1f, 1f, 1f], x.grad!.Floats());
    }

    [Fact]
    public void GradientsCanBeAskedForAndDifferentiatedAgain()
    {
        var x = tensor(3f, requires_grad: true);
        var first = autograd.grad([x.pow(3)], [x], create_graph: true)[0];
        Assert.Equal(27f, first.item<float>());
        Assert.Equal(18f, autograd.grad([first], [x])[0].item<float>());
        Assert.Null(x.grad);
        Assert.Null(autograd.grad([x * 1], [x, ones(1, requires_grad: true)], allow_unused: true)[1]);
    }

    [Fact]
    public void BackwardTakesAnOutputGradient()
    {
        var x = ones(2, requires_grad: true);
        autograd.backward([x * 3], [tensor(new[] { 1f, 10f })]);
        Assert.Equal([3f, 30f], x.grad!.Floats());
    }

    [Fact]
    public void ModesNestAndEnd()
    {
        var x = ones(1, requires_grad: true);
        using (no_grad())
        {
            Assert.False((x * 2).requires_grad);
            using (enable_grad()) Assert.True((x * 2).requires_grad);
            using (set_grad_enabled(true)) Assert.True(is_grad_enabled());
            Assert.False(is_grad_enabled());
        }

        Assert.True((x * 2).requires_grad);
        using (inference_mode())
        {
            Assert.True(is_inference_mode_enabled());
            Assert.False((x * 2).requires_grad);
        }

        Assert.False(is_inference_mode_enabled());
    }

    [Fact]
    public void LeavesAndDetached()
    {
        var x = ones(2, requires_grad: true);
        var y = x * 2;
        y.retain_grad();
        y.sum().backward();
        Assert.True(x.is_leaf && !y.is_leaf && y.detach().is_leaf && !y.detach().requires_grad);
        Assert.Equal([1f, 1f], y.grad!.Floats());
        var problem = Assert.Throws<ExternalException>(() => x.add_(1));
        Assert.Contains("a leaf Variable that requires grad", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ASecondBackwardNeedsTheGraph()
    {
        var x = ones(1, requires_grad: true);
        var y = (x * x).sum();
        y.backward(retain_graph: true);
        y.backward();
        Assert.Throws<ExternalException>(() => y.backward());
        Assert.Equal([4f], x.grad!.Floats());
    }
}
