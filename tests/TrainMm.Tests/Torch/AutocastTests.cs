using TorchSharp;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

public sealed class AutocastTests
{
    [Fact]
    public void MatricesAreNarrowedWithinTheScopeOnly()
    {
        using var scope = NewDisposeScope();
        var (x, weight) = (randn(2, 4), randn(3, 4, requires_grad: true));
        using (Autocast.Enter(DeviceType.CPU))
        {
            Assert.True(Autocast.IsEnabled(DeviceType.CPU));
            var y = nn.functional.linear(x, weight);
            Assert.Equal(ScalarType.BFloat16, y.dtype);
            using (Autocast.Enter(DeviceType.CPU, enabled: false)) Assert.Equal(ScalarType.Float32, nn.functional.linear(x, weight).dtype);
            y.sum().backward();
        }

        Assert.False(Autocast.IsEnabled(DeviceType.CPU));
        Assert.Equal(ScalarType.Float32, nn.functional.linear(x, weight).dtype);
        Assert.Equal(ScalarType.Float32, weight.grad!.dtype);
    }

    /// <summary>Weights are narrowed once and kept; one that was kept without gradients must not serve where gradients are wanted.</summary>
    [Fact]
    public void WhatWasNarrowedWithoutGradientsIsNarrowedAgain()
    {
        using var scope = NewDisposeScope();
        var (x, weight) = (randn(2, 4), randn(3, 4, requires_grad: true));
        using (Autocast.Enter(DeviceType.CPU))
        {
            using (no_grad()) _ = nn.functional.linear(x, weight);
            nn.functional.linear(x, weight).sum().backward();
        }

        Assert.NotNull(weight.grad);
    }

    [Fact]
    public void ItIsOfItsThread()
    {
        using var autocast = Autocast.Enter(DeviceType.CPU);
        var elsewhere = true;
        var thread = new Thread(() => elsewhere = Autocast.IsEnabled(DeviceType.CPU));
        thread.Start();
        thread.Join();
        Assert.False(elsewhere);
    }
}
