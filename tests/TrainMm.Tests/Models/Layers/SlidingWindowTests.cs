using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Layers;

public sealed class SlidingWindowTests
{
    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 2)]
    public void ANumberIsReadInTwoWays(bool countsItself, int reach) => Assert.Equal(reach, SlidingWindow.Of(3, countsItself)!.Reach);

    [Fact]
    public void NoNumberIsNoWindow() => Assert.Null(SlidingWindow.Of(null, countsItself: false));

    [Theory]
    [InlineData(6, 0)]
    [InlineData(1, 5)]
    [InlineData(2, 4)]
    public void ATokenSeesItselfAndSoManyBefore(long length, long past)
    {
        using var scope = NewDisposeScope();
        var mask = Attention.CausalMask(length, past, attended: null, ScalarType.Float32, CPU, reach: 2)!;
        Assert.Equal([1, 1, length, past + length], mask.shape);
        for (var i = 0; i < length; i++)
        {
            for (var j = 0; j < past + length; j++) Assert.Equal(j <= past + i && j >= past + i - 2, mask[0, 0, i, j].item<float>() == 0);
        }
    }

    [Fact]
    public void PaddingTakesNoPlaceInIt()
    {
        using var scope = NewDisposeScope();
        bool[] real = [true, true, true, false, false, true];
        var mask = Attention.CausalMask(1, 5, tensor(real).unsqueeze(0), ScalarType.Float32, CPU, reach: 2)!;
        Assert.Equal([false, true, true, false, false, true], Enumerable.Range(0, 6).Select(j => mask[0, 0, 0, j].item<float>() == 0));
    }

    [Fact]
    public void AWindowAsLongAsTheTextHidesNothing() => Assert.Null(Attention.CausalMask(1, 5, attended: null, ScalarType.Float32, CPU, reach: 5));

    [Fact]
    public void OnlySomeLayersMayHaveIt() => Assert.Equal([false, true, true, false], Enumerable.Range(0, 4).Select(new SlidingWindow(2, FirstLayer: 1, EndLayer: 3).Covers));
}
