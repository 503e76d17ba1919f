using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Layers;

/// <summary>Products in narrow types, whichever way the processor takes them: each result is rounded once from sums in fp32.</summary>
public sealed class DenseLinearTests
{
    // Half a unit in the last place of the largest number: 8 bits and 11 bits; a processor's own bf16 products may round within the sum, too.
    private const double Bf16 = 8e-3;
    private const double Fp16 = 1e-3;

    [Theory]
    [InlineData(ScalarType.BFloat16, Bf16, false)]
    [InlineData(ScalarType.BFloat16, Bf16, true)]
    [InlineData(ScalarType.Float16, Fp16, false)]
    [InlineData(ScalarType.Float16, Fp16, true)]
    public void TheResultAndItsGradientsAreRoundedOnce(ScalarType type, double tolerance, bool isTrained)
    {
        using var scope = NewDisposeScope();
        var root = new ModuleScope("linear", type, CPU, isTrained ? new TrainMm.Models.TrainablePaths(["linear"]) : new TrainMm.Models.TrainablePaths([]));
        var layer = (DenseLinear)root.Linear(31, 17, bias: true);
        using (no_grad())
        {
            layer.Weight.copy_(linspace(-1, 1, 17 * 31).view(17, 31));
            layer.Bias!.copy_(linspace(-3, 3, 17));
        }

        var x = linspace(-2, 1, 2 * 5 * 31).sin().view(2, 5, 31).to_type(type);
        var upstream = linspace(-1, 2, 2 * 5 * 17).cos().view(2, 5, 17).to_type(type);
        var leaf = x.clone().requires_grad_();
        var y = layer.Forward(leaf);
        autograd.backward([y], [upstream]);

        var (wide, weight) = (x.to_type(ScalarType.Float64), layer.Weight.detach().to_type(type).to_type(ScalarType.Float64));
        Close(wide.matmul(weight.t()).add(layer.Bias.detach().to_type(type).to_type(ScalarType.Float64)), y, tolerance);
        Close(upstream.to_type(ScalarType.Float64).matmul(weight), leaf.grad!, tolerance);
        Assert.Equal(type, y.dtype);
        Assert.Equal(isTrained, layer.Weight.grad is not null);
        if (isTrained) Close(upstream.to_type(ScalarType.Float64).reshape(-1, 17).t().matmul(wide.reshape(-1, 31)), layer.Weight.grad!, tolerance);
    }

    private static void Close(Tensor expected, Tensor actual, double tolerance)
    {
        using var scope = NewDisposeScope();
        var difference = expected.sub(actual.detach().to_type(ScalarType.Float64)).abs().max().item<double>() / expected.abs().max().item<double>();
        Assert.True(difference <= tolerance, $"{difference:e2}");
    }
}
