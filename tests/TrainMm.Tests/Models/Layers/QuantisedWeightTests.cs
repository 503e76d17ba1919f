using TrainMm.Models.Layers.Quantised;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Layers;

public sealed class QuantisedWeightTests
{
    /// <summary>Appendix E of arXiv:2305.14314: quantiles at equal steps on each side of zero, of which the outermost is that of 0.9677083.</summary>
    [Fact]
    public void TheSixteenValuesAreTheNormalDistributionsQuantiles()
    {
        const double Outermost = 0.9677083;
        const double Quantile = 1.848130820;
        Assert.Equal(Outermost, Probability(Quantile), 6);
        Assert.Equal(0, Nf4Weight.Table[7]);
        for (var i = 1; i <= 8; i++) Assert.Equal(0.5 + (i * (Outermost - 0.5) / 8), Probability(Nf4Weight.Table[7 + i] * Quantile), 6);
        for (var i = 1; i <= 7; i++) Assert.Equal(0.5 - (i * (Outermost - 0.5) / 7), Probability(Nf4Weight.Table[7 - i] * Quantile), 6);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 37)]
    [InlineData(16, 64)]
    [InlineData(300, 77)]
    public void NoNumberInNf4IsOffByMoreThanHalfTheWidestGap(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var values = Values(rows, columns);
        var weight = new Nf4Weight(rows, columns, CPU);
        weight.Store(values);
        var stored = weight.Parameters.ToDictionary(each => each.Name, each => each.Parameter, StringComparer.Ordinal);
        var (flat, back) = (values.view(-1), weight.Dequantise(ScalarType.Float32).view(-1));
        var halfGap = Nf4Weight.Table.Zip(Nf4Weight.Table.Skip(1), (low, high) => high - low).Max() / 2;
        for (var first = 0L; first < flat.numel(); first += 64)
        {
            var count = Math.Min(64, flat.numel() - first);
            var block = first / 64;
            var largest = flat.narrow(0, first, count).abs().max().item<float>();
            var step = stored["weight_absmax_step"][block / 256].item<float>();
            var kept = (stored["weight_absmax"][block].item<sbyte>() * step) + stored["weight_absmax_mean"][0].item<float>();
            Assert.InRange(kept, largest - 1e-6, largest + step + 1e-6);
            Assert.True(flat.narrow(0, first, count).sub(back.narrow(0, first, count)).abs().max().item<float>() <= (halfGap * kept) + 1e-6, $"block {block}");
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 37)]
    [InlineData(300, 77)]
    public void NoNumberInInt8IsOffByMoreThanItsRowsLargestBy254(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var values = Values(rows, columns);
        var weight = new Int8Weight(rows, columns, CPU);
        weight.Store(values);
        var error = values.sub(weight.Dequantise(ScalarType.Float32)).abs().amax(1);
        Assert.True(error.sub(values.abs().amax(1).div(254)).max().item<float>() <= 1e-6);
    }

    [Theory]
    [InlineData(WeightQuantization.Nf4)]
    [InlineData(WeightQuantization.Int8)]
    public void ZerosStayZerosAndWhatIsQuantisedAgainStaysWhatItIs(WeightQuantization quantization)
    {
        using var scope = NewDisposeScope();
        var weight = QuantisedWeight.Create(quantization, 4, 64, CPU);
        weight.Store(zeros(4, 64));
        Assert.Equal(0, weight.Dequantise(ScalarType.Float32).abs().max().item<float>());
        weight.Store(Values(4, 64));
        var once = weight.Dequantise(ScalarType.Float32);
        weight.Store(once);
        Assert.True(once.allclose(weight.Dequantise(ScalarType.Float32), 1e-2, 1e-2));
    }

    [Fact]
    public void FourBitsANumberAreFourBitsANumber()
    {
        using var scope = NewDisposeScope();
        var weight = new Nf4Weight(1024, 1024, CPU);
        var bytes = weight.Parameters.Sum(each => each.Parameter.numel() * each.Parameter.element_size());
        Assert.InRange(8.0 * bytes / (1024 * 1024), 4.126, 4.128); // 4 + 8/64 + 32/(64 · 256), section 3 of the paper
    }

    [Theory]
    [InlineData(WeightQuantization.Nf4, ScalarType.Float32, 1e-5)]
    [InlineData(WeightQuantization.Int8, ScalarType.Float32, 1e-5)]
    [InlineData(WeightQuantization.Nf4, ScalarType.BFloat16, 5e-2)]
    public void TheProductAndItsGradientAreThoseOfTheDequantisedWeight(WeightQuantization quantization, ScalarType dtype, double tolerance)
    {
        using var scope = NewDisposeScope();
        var weight = QuantisedWeight.Create(quantization, 10, 24, CPU);
        weight.Store(Values(10, 24));
        var bias = new TorchSharp.Modules.Parameter(linspace(-1, 1, 10), requires_grad: false);
        using var layer = new QuantisedLinear(weight, bias, isTransposed: false);
        var x = linspace(-1, 2, 2 * 3 * 24).view(2, 3, 24).to_type(dtype).detach().requires_grad_(true);
        var reference = x.detach().to_type(ScalarType.Float32).requires_grad_(true);
        var (y, expected) = (layer.Forward(x), nn.functional.linear(reference, layer.Values(), bias));
        y.to_type(ScalarType.Float32).pow(2).sum().backward();
        expected.pow(2).sum().backward();
        Assert.Equal([2, 3, 10], y.shape);
        Assert.Equal(dtype, y.dtype);
        Assert.True(Near(y, expected) < tolerance);
        Assert.True(Near(x.grad!, reference.grad!) < tolerance);
    }

    private static double Near(Tensor actual, Tensor expected) => actual.detach().to_type(ScalarType.Float32).sub(expected.detach()).norm().item<float>() / expected.detach().norm().item<float>();

    /// <summary>Numbers like a weight's, of other sizes from row to row.</summary>
    private static Tensor Values(int rows, int columns)
    {
        using var generator = new Generator(3, CPU);
        return empty(rows, columns).normal_(0, 0.3, generator).mul(linspace(0.2, 2, rows).unsqueeze(1));
    }

    /// <summary>The normal distribution's, by Simpson's rule.</summary>
    private static double Probability(double x)
    {
        const int Steps = 2000;
        var (sum, width) = (0.0, x / Steps);
        for (var i = 0; i <= Steps; i++) sum += (i is 0 or Steps ? 1 : i % 2 == 0 ? 2 : 4) * Math.Exp(-Math.Pow(i * width, 2) / 2);
        return 0.5 + (sum * width / 3 / Math.Sqrt(2 * Math.PI));
    }
}
