using TrainMm.Models;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Layers;

public sealed class RmsNormTests
{
    // fp64: the closed form and the chain of operators differ in the order of their sums alone.
    private const double Tolerance = 1e-12;

    // A trained weight is an fp32 master, and so is its gradient.
    private const double MasterTolerance = 1e-6;

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    public void TheGradientIsThatOfTheOperators(bool weightTrained, double offset)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        var root = new ModuleScope("norm", ScalarType.Float64, CPU, weightTrained ? new TrainablePaths(["norm"]) : new TrainablePaths([]));
        var norm = new RmsNorm(6, 1e-5, root, offset);
        var weight = norm.parameters().Single();
        using (no_grad()) weight.copy_(rand([6], ScalarType.Float64, CPU, generator: generator));
        var values = randn([2, 3, 6], ScalarType.Float64, CPU, generator: generator);
        var upstream = randn([2, 3, 6], ScalarType.Float64, CPU, generator: generator);

        var x = values.clone().requires_grad_();
        norm.Forward(x).mul(upstream).sum().backward();
        var (ofInput, ofWeight) = (x.grad!.clone(), weight.grad?.clone());

        var plainX = values.clone().requires_grad_();
        var plainWeight = weight.detach().clone().requires_grad_();
        plainX.mul(plainX.pow(2).mean([-1], keepdim: true).add(1e-5).rsqrt()).mul(plainWeight.to_type(ScalarType.Float64).add(offset)).mul(upstream).sum().backward();
        Assert.True(ofInput.sub(plainX.grad!).abs().max().item<double>() < Tolerance);
        Assert.Equal(weightTrained, ofWeight is not null);
        if (ofWeight is not null) Assert.True(ofWeight.sub(plainWeight.grad!).abs().max().item<float>() < MasterTolerance);
    }
}
