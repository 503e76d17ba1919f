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

    [Fact]
    public async Task ItIsOfItsThread()
    {
        using var autocast = Autocast.Enter(DeviceType.CPU);
        Assert.False(await Task.Run(() => Autocast.IsEnabled(DeviceType.CPU)).ConfigureAwait(true));
    }
}
