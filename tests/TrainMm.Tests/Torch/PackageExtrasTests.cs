extern alias package;

using package::TrainMm.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

/// <summary>What stands in for our extras when the engine is the TorchSharp packages, run here on our facade.</summary>
[Collection(ProcessWide.Name)]
public sealed class PackageExtrasTests
{
    [Fact]
    public void ForeachWorksTensorByTensor()
    {
        Tensor[] targets = [ones(2), full([3], 4.0)];
        Tensor[] others = [full([2], 2.0), ones(3)];
        Foreach.AddInPlace(targets, others, 0.5);
        Foreach.MultiplyInPlace(targets, 2);
        Foreach.AddInPlace(targets, 1);
        Foreach.AddProductInPlace(targets, others, others, 2);
        Foreach.AddQuotientInPlace(targets, others, others, 3);
        Assert.Equal([16f, 16f], targets[0].Floats());
        Assert.Equal([15f, 15f, 15f], targets[1].Floats());
        Assert.Equal([4f, 4f], Foreach.SquareRoot(targets)[0].Floats());
        Assert.Equal(MathF.Sqrt(512), Foreach.Norm(targets)[0].item<float>());
    }

    [Fact]
    public void CheckpointedGradientsAreBitwiseThePlainOnes()
    {
        manual_seed(2);
        var (weight, input) = (randn(8, 8, requires_grad: true), randn(4, 8));
        nn.functional.silu(nn.functional.linear(input, weight)).sum().backward();
        var plain = weight.grad!.Bits();
        weight.grad = null;
        ActivationCheckpoint.Run(x => nn.functional.silu(nn.functional.linear(x, weight)), input).sum().backward();
        Assert.Equal(plain, weight.grad!.Bits());
    }

    [Fact]
    public void RowsAreLookedUpWithTheirGradient()
    {
        var table = arange(6).reshape(3, 2).to(float32).requires_grad_();
        var rows = Embedding.Lookup(tensor(new long[,] { { 2, 0, 2 } }), table);
        Assert.Equal([1, 3, 2], rows.shape);
        Assert.Equal([4f, 5f, 0f, 1f, 4f, 5f], rows.Floats());
        rows.sum().backward();
        Assert.Equal([1f, 1f, 0f, 0f, 2f, 2f], table.grad!.Floats());
    }

    [Fact]
    public void GeneratorStateAndMemoryComeFromThePublicApi()
    {
        manual_seed(4);
        var state = RandomState.Capture();
        var expected = randn(5).Bits();
        state.Restore();
        Assert.Equal(expected, randn(5).Bits());
        Assert.True(MemoryStatistics.Read(CPU).Used > 0);
        Assert.Equal("TorchSharp packages", Runtime.Describe().Engine);
    }

    [Fact]
    public void WhatThePackagesLackIsSaid()
    {
        Assert.False(Autocast.IsSupported);
        Assert.Equal("The TorchSharp packages have no autocast: set model.dtype instead.", Assert.Throws<NotSupportedException>(() => Autocast.Enter(DeviceType.CPU)).Message);
    }
}
