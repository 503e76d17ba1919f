using TrainMm.Models.LanguageModels.Qwen;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Layers;

/// <summary>Frequencies worked out by hand from the papers' formulas, dimension by dimension.</summary>
public sealed class RotaryScalingTests
{
    private const double Tolerance = 2e-6;

    [Fact]
    public void Llama3SlowsLongWavesAlone()
    {
        using var scope = NewDisposeScope();
        // 64 positions: waves shorter than 16 stay (the first), those longer than 64 (from the fifth on) are divided by 8; the second is 19.9 long, the third 62.8.
        AssertEqual(
            [1, 0.244384599, 0.013042256, 0.00395284708 /* 198.7 long */, 0.00125, 0.000395284708, 0.000125, 3.95284708e-05],
            new Llama3RotaryScaling(8, 1, 4, 64).Frequencies(16, 10000, zeros([1, 1])));
    }

    [Fact]
    public void Llama31HasItsPublishedFrequencies()
    {
        using var scope = NewDisposeScope();
        var frequencies = new Llama3RotaryScaling(8, 1, 4, 8192).Frequencies(128, 500000, zeros([1, 1]));
        (int Dimension, double Expected)[] some =
            [(0, 1), (10, 0.12868737), (28, 0.003211446), (29, 0.0021665708), (30, 0.0013718936), (34, 0.00017850781), (35, 9.5562124e-05), (63, 3.068926e-07)];
        foreach (var (dimension, expected) in some) Assert.Equal(1, frequencies[dimension].item<float>() / expected, Tolerance);
    }

    [Fact]
    public void YarnSlowsDimensionsByTheirNumber()
    {
        using var scope = NewDisposeScope();
        // 256 positions, base 10000: the ramp goes from dimension 0 (⌊0.21⌋) to dimension 4 (⌈3.2⌉).
        var scaling = new YarnRotaryScaling(4, 256);
        AssertEqual([1, 0.25693506, 0.0625, 0.0138349648, 0.0025, 0.000790569415, 0.00025, 7.90569415e-05], scaling.Frequencies(16, 10000, zeros([1, 1])));
        Assert.Equal(1.1386294, scaling.Amplitude, Tolerance);
        Assert.Equal(1.5, (scaling with { AttentionFactor = 1.5 }).Amplitude);
        var table = new RotaryEmbedding(16, 10000, scaling).At(zeros([1, 1], ScalarType.Int64), ScalarType.Float32);
        Assert.Equal(1.1386294, table.Cosine[0, 0, 0, 5].item<float>(), Tolerance);
    }

    [Fact]
    public void QwensBaseGrowsInStepsWithEachTextsOwnLength()
    {
        using var scope = NewDisposeScope();
        var positions = stack([arange(0, 17, ScalarType.Float32), arange(0, 17, ScalarType.Float32).clamp(max: 4)]); // texts of 17 and of 5
        var frequencies = new QwenRotaryScaling(4).Frequencies(8, 10000, positions);
        Assert.Equal([2, 1, 4], frequencies.shape);
        AssertEqual([1, 0.0405480133, 0.00164414138, 6.66666667e-05], frequencies[0, 0]); // α = 15
        AssertEqual([1, 0.0693361274, 0.00480749857, 0.000333333333], frequencies[1, 0]); // α = 3
        AssertEqual([1, 0.1, 0.01, 0.001], new QwenRotaryScaling(4).Frequencies(8, 10000, arange(0, 4, ScalarType.Float32).unsqueeze(0))[0, 0]);
    }

    [Fact]
    public void OfAWiderHeadTheRestStays()
    {
        using var scope = NewDisposeScope();
        var heads = linspace(-1, 1, 2 * 3 * 6).view(1, 2, 3, 6);
        var table = new RotaryEmbedding(4, 10000, RotaryScaling.None).At(arange(0, 3, ScalarType.Int64).unsqueeze(0), ScalarType.Float32);
        var turned = table.Turn(heads);
        Assert.True(turned.narrow(-1, 4, 2).allclose(heads.narrow(-1, 4, 2), 0, 0));
        Assert.True(turned.narrow(-1, 0, 4).allclose(table.Turn(heads.narrow(-1, 0, 4)), 0, 0));
    }

    private static void AssertEqual(double[] expected, Tensor actual)
    {
        for (var i = 0; i < expected.Length; i++) Assert.Equal(1, actual[i].item<float>() / expected[i], Tolerance);
    }
}
