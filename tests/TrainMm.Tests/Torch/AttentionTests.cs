using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

/// <summary>The attention in use against softmax(q kᵀ / √d + mask) v, written out element by element in double precision.</summary>
public sealed class AttentionTests
{
    private const int Queries = 3;
    private const int Keys = 5;
    private const int Width = 4;
    private const int ValueWidth = 2;

    // float32 sums of a handful of products.
    private const double Tolerance = 2e-6;

    [Theory]
    [InlineData("none")]
    [InlineData("causal")]
    [InlineData("bool")]
    [InlineData("float")]
    public void MatchesItsDefinition(string masking)
    {
        using var scope = NewDisposeScope();
        var (query, key, value) = Inputs();
        var (mask, allowed, added) = Mask(masking);
        var actual = nn.functional.scaled_dot_product_attention(query, key, value, mask, is_casual: masking == "causal");
        Assert.Equal([2, Queries, ValueWidth], actual.shape);
        var (q, k, v) = (query.Floats(), key.Floats(), value.Floats());
        for (var head = 0; head < 2; head++)
        {
            for (var i = 0; i < Queries; i++)
            {
                var scores = Enumerable.Range(0, Keys).Select(j =>
                    allowed(i, j) ? (Enumerable.Range(0, Width).Sum(c => (double)q[(((head * Queries) + i) * Width) + c] * k[(((head * Keys) + j) * Width) + c]) / 2) + added(i, j) : double.NegativeInfinity).ToArray();
                var weights = scores.Select(score => Math.Exp(score - scores.Max())).ToArray();
                for (var c = 0; c < ValueWidth; c++)
                {
                    var expected = Enumerable.Range(0, Keys).Sum(j => weights[j] / weights.Sum() * v[(((head * Keys) + j) * ValueWidth) + c]);
                    Assert.Equal(expected, actual[head, i, c].item<float>(), Tolerance);
                }
            }
        }
    }

    [Theory]
    [InlineData("none")]
    [InlineData("causal")]
    [InlineData("bool")]
    [InlineData("float")]
    public void GradientsMatchFiniteDifferences(string masking)
    {
        const double Step = 1e-6, GradientTolerance = 1e-7;
        using var scope = NewDisposeScope();
        var (query, key, value) = Inputs();
        Tensor[] inputs = [.. new[] { query, key, value }.Select(tensor => tensor.to(float64).detach().requires_grad_())];
        var probe = linspace(-1, 1, 2 * Queries * ValueWidth, dtype: float64).reshape(2, Queries, ValueWidth);
        var mask = Mask(masking).Mask;
        if (mask is not null && mask.dtype != ScalarType.Bool) mask = mask.to(float64);
        Tensor Loss(Tensor[] given) =>
            (nn.functional.scaled_dot_product_attention(given[0], given[1], given[2], mask, is_casual: masking == "causal") * probe).sum();
        Loss(inputs).backward();
        using var guard = no_grad();
        for (var which = 0; which < inputs.Length; which++)
        {
            var gradient = inputs[which].grad!.flatten().data<double>().ToArray();
            for (var at = 0; at < gradient.Length; at++)
            {
                double Shifted(double by)
                {
                    Tensor[] moved = [.. inputs.Select(input => input.clone())];
                    moved[which].view(-1)[at].add_(by);
                    return Loss(moved).item<double>();
                }

                Assert.Equal((Shifted(Step) - Shifted(-Step)) / (2 * Step), gradient[at], GradientTolerance);
            }
        }
    }

    [Fact]
    public void AMaskAndCausalityExcludeEachOther()
    {
        var (query, key, value) = Inputs();
        Assert.Throws<ArgumentException>(() => nn.functional.scaled_dot_product_attention(query, key, value, ones(Queries, Keys), is_casual: true));
    }

    private static (Tensor Query, Tensor Key, Tensor Value) Inputs()
    {
        using var generator = new Generator(4);
        return (randn([2, Queries, Width], generator: generator), randn([2, Keys, Width], generator: generator), randn([2, Keys, ValueWidth], generator: generator));
    }

    private static (Tensor? Mask, Func<int, int, bool> Allowed, Func<int, int, double> Added) Mask(string masking)
    {
        var allowed = new bool[Queries, Keys];
        var added = new float[Queries, Keys];
        for (var i = 0; i < Queries; i++)
        {
            for (var j = 0; j < Keys; j++) (allowed[i, j], added[i, j]) = ((i + j) % 3 != 0, (i - j) * 0.3f);
        }

        return masking switch
        {
            "bool" => (tensor(allowed), (i, j) => allowed[i, j], (_, _) => 0),
            "float" => (tensor(added), (_, _) => true, (i, j) => added[i, j]),
            "causal" => (null, (i, j) => j <= i, (_, _) => 0),
            _ => (null, (_, _) => true, (_, _) => 0),
        };
    }
}
