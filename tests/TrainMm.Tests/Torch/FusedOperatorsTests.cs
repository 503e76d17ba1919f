using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

/// <summary>The fused operators against what they stand for, written with libtorch's own operators in fp64.</summary>
public sealed class FusedOperatorsTests
{
    // The exponential's polynomial and one rounding in fp32; bf16 keeps 8 bits.
    private const double Fp32 = 2e-6;
    private const double Bf16 = 2e-2;

    // fp64 takes the library's exponential: sums in another order alone.
    private const double Fp64 = 1e-12;

    public static TheoryData<ScalarType, double> Types => new() { { ScalarType.Float64, Fp64 }, { ScalarType.Float32, Fp32 }, { ScalarType.BFloat16, Bf16 } };

    [Theory]
    [MemberData(nameof(Types))]
    public void RmsNormIsItsDefinition(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        foreach (var offset in new[] { 0.0, 1.0 })
        {
            var (x, weight, gradient) = (Drawn(type, 1, 3, 5, 37), Drawn(type, 2, 37), Drawn(type, 3, 3, 5, 37));
            var leaf = Wide(x).requires_grad_();
            var expected = leaf.mul(leaf.square().mean([-1], keepdim: true).add(1e-6).rsqrt()).mul(Wide(weight).add(offset));
            expected.mul(Wide(gradient)).sum().backward();
            var (output, scale) = FusedOperators.RmsNorm(x, weight, 1e-6, offset);
            Close(expected.detach(), output, tolerance);
            Close(leaf.grad!, FusedOperators.RmsNormBackward(gradient, x, weight, scale, offset), tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void TurnIsItsDefinitionWhateverTheLayout(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var merged = Drawn(type, 1, 2, 7, 3 * 8);
        var heads = merged.view(2, 7, 3, 8).transpose(1, 2);
        foreach (var rows in new[] { 1, 2 })
        {
            var (cosine, sine) = (Drawn(type, 2, rows, 1, 7, 8), Drawn(type, 3, rows, 1, 7, 8));
            var exchanged = cat([Wide(heads).narrow(-1, 4, 4), Wide(heads).narrow(-1, 0, 4)], -1);
            foreach (var direction in new[] { 1, -1 })
                Close(Wide(heads).mul(Wide(cosine)).add(exchanged.mul(Wide(sine)).mul(direction)), FusedOperators.Turn(heads, cosine, sine, direction), tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void ActivationsAreTheirDefinitions(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var (x, other, gradient) = (Drawn(type, 1, 5, 301).mul(8), Drawn(type, 2, 5, 301), Drawn(type, 3, 5, 301));
        var (gate, up) = (Wide(x).requires_grad_(), Wide(other).requires_grad_());
        var gated = gate.mul(gate.sigmoid()).mul(up);
        gated.mul(Wide(gradient)).sum().backward();
        Close(gated.detach(), FusedOperators.Swiglu(x, other), tolerance);
        var (ofGate, ofUp) = FusedOperators.SwigluBackward(gradient, x, other);
        Close(gate.grad!, ofGate, tolerance);
        Close(up.grad!, ofUp, tolerance);

        var leaf = Wide(x).requires_grad_();
        var quick = leaf.mul(leaf.mul(1.702).sigmoid());
        quick.mul(Wide(gradient)).sum().backward();
        Close(quick.detach(), FusedOperators.QuickGelu(x), tolerance);
        Close(leaf.grad!, FusedOperators.QuickGeluBackward(gradient, x), tolerance);
    }

    /// <summary>Two texts end to end in the first row, longer than a block of queries, and one in the second that leaves padding; heads of keys are shared.</summary>
    [Theory]
    [MemberData(nameof(Types))]
    public void AttentionWithinSpansIsItsDefinition(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        const int Length = 180;
        (long Row, long First, long Length)[] texts = [(0, 0, 140), (0, 140, 40), (1, 0, 150)];
        var spans = tensor(texts.SelectMany(text => new[] { text.Row, text.First, text.Length, text.First, text.Length }).ToArray()).view(-1, 5);
        var (q, k, v) = (Drawn(type, 1, 2, Length, 4, 8).transpose(1, 2), Drawn(type, 2, 2, 2, Length, 8), Drawn(type, 3, 2, 2, Length, 8));
        var gradient = Drawn(type, 4, 2, 4, Length, 8);
        foreach (var isCausal in new[] { true, false })
        {
            Tensor[] leaves = [Wide(q).requires_grad_(), Wide(k).requires_grad_(), Wide(v).requires_grad_()];
            var expected = zeros([2, 4, Length, 8], ScalarType.Float64);
            foreach (var (row, first, length) in texts)
            {
                var (queries, keys, values) = (Part(leaves[0], row, first, length), Part(leaves[1], row, first, length).repeat_interleave(2, 0), Part(leaves[2], row, first, length).repeat_interleave(2, 0));
                var scores = queries.matmul(keys.transpose(1, 2)).div(Math.Sqrt(8));                   // [heads, T, T]
                if (isCausal) scores = scores.masked_fill(ones([length, length], ScalarType.Bool).triu(1), double.NegativeInfinity);
                var mixed = scores.softmax(-1).matmul(values);                                          // [heads, T, d]
                expected = expected.add(nn.functional.pad(mixed.unsqueeze(0), [0, 0, first, Length - first - length, 0, 0, row, 1 - row]));
            }

            expected.mul(Wide(gradient)).sum().backward();
            var (output, logSums) = FusedOperators.Attention(q, k, v, spans, isCausal);
            Close(expected.detach(), output, tolerance);
            var (ofQueries, ofKeys, ofValues) = FusedOperators.AttentionBackward(gradient, q, k, v, output, logSums, spans, isCausal);
            Close(leaves[0].grad!, ofQueries, tolerance);
            Close(leaves[1].grad!, ofKeys, tolerance);
            Close(leaves[2].grad!, ofValues, tolerance);
        }
    }

    [Fact]
    public void QueriesOfOneLengthSeeKeysOfAnother()
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = (Drawn(ScalarType.Float64, 1, 2, 3, 5, 4), Drawn(ScalarType.Float64, 2, 2, 3, 9, 4), Drawn(ScalarType.Float64, 3, 2, 3, 9, 4));
        var spans = tensor(new long[] { 0, 0, 5, 0, 9, 1, 0, 5, 0, 9 }).view(-1, 5);
        var expected = q.matmul(k.transpose(2, 3)).div(2).softmax(-1).matmul(v);
        Close(expected, FusedOperators.Attention(q, k, v, spans, isCausal: false).Output, Fp64);
    }

    [Fact]
    public void WhatIsNotFiniteStaysSo()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { float.NaN, float.PositiveInfinity, 1f, -200f, 200f, 0f });
        var y = FusedOperators.Swiglu(x, ones(6)).data<float>().ToArray();
        Assert.False(float.IsFinite(y[0]));
        Assert.False(float.IsFinite(y[1]));
        Assert.Equal(0, y[3], 1e-30);
        Assert.Equal(200, y[4], 1e-4);
        Assert.Equal(0, y[5]);
        var (normalised, _) = FusedOperators.RmsNorm(x.to_type(ScalarType.BFloat16).view(1, 6), ones(6, ScalarType.BFloat16), 1e-6, 0);
        Assert.All(normalised.to_type(ScalarType.Float32).data<float>().ToArray(), value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void SpansBeyondTheTokensAreRefused()
    {
        using var scope = NewDisposeScope();
        var x = Drawn(ScalarType.Float32, 1, 1, 2, 4, 4);
        foreach (var span in new long[][] { [0, 0, 5, 0, 5], [1, 0, 4, 0, 4], [0, -1, 2, 0, 2], [0, 0, 4, 0, 3], [0, 0, 4, 4, 0] })
            Assert.ThrowsAny<System.Runtime.InteropServices.ExternalException>(() => FusedOperators.Attention(x, x, x, tensor(span).view(1, 5), isCausal: true));
    }

    private static Tensor Part(Tensor heads, long row, long first, long length) => heads.select(0, row).narrow(1, first, length);

    private static Tensor Drawn(ScalarType type, int seed, params long[] shape)
    {
        var numbers = new Random(seed);
        return tensor([.. Enumerable.Range(0, (int)shape.Aggregate(1L, (count, side) => count * side)).Select(_ => (numbers.NextDouble() * 2) - 1)]).view(shape).to_type(type);
    }

    private static Tensor Wide(Tensor tensor) => tensor.to_type(ScalarType.Float64).detach();

    private static void Close(Tensor expected, Tensor actual, double tolerance)
    {
        using var scope = NewDisposeScope();
        var difference = expected.sub(actual.to_type(ScalarType.Float64)).abs().max().item<double>() / expected.abs().max().item<double>();
        Assert.True(difference <= tolerance, $"{difference:e2} is more than {tolerance:e0}");
    }
}
