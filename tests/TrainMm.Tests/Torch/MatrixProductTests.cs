using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

/// <summary>Products in fp32 that are large enough for oneDNN, and small ones, whatever way their operands lie in memory, against the same in fp64.</summary>
public sealed class MatrixProductTests
{
    // Sums of 160 terms in fp32, relative to the largest.
    private const double Tolerance = 2e-6;

    public static TheoryData<int, int, int> Sizes => new() { { 3, 5, 2 }, { 97, 160, 61 }, { 160, 33, 130 }, { 1, 160, 4000 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void WhateverWayTheOperandsLie(int rows, int inner, int columns)
    {
        using var scope = NewDisposeScope();
        foreach (var a in Ways(rows, inner))
        {
            foreach (var b in Ways(inner, columns)) Close(a.@double().mm(b.@double()), a.mm(b));
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void WithWhatIsAdded(int rows, int inner, int columns)
    {
        using var scope = NewDisposeScope();
        var (a, b) = (randn(rows, inner), randn(inner, columns));
        foreach (var bias in new[] { randn(columns), randn(rows, 1), randn(rows, columns), randn(columns, rows).t() })
        {
            foreach (var (beta, alpha) in new[] { (1f, 1f), (1f, -0.5f), (0.25f, 2f) })
                Close(bias.@double().mul(beta).add(a.@double().mm(b.@double()).mul(alpha)), bias.addmm(a, b, beta, alpha));
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void InPlaceWhereTheSumLiesInRowsAndWhereItDoesNot(int rows, int inner, int columns)
    {
        using var scope = NewDisposeScope();
        var (a, b) = (randn(rows, inner), randn(inner, columns));
        foreach (var sum in Ways(rows, columns))
        {
            var expected = sum.@double().mul(0.5).add(a.@double().mm(b.@double()).mul(2));
            Assert.Same(sum, sum.addmm_(a, b, 0.5f, 2));
            Close(expected, sum);
        }
    }

    [Fact]
    public void NothingIsReadOfASumThatCountsForNothing()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (randn(97, 160), randn(160, 61));
        Close(a.@double().mm(b.@double()), full([97, 61], float.NaN).addmm_(a, b, 0, 1));
    }

    [Fact]
    public void WrongShapesAreLibtorchsToRefuse()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (randn(200, 100), randn(101, 200));
        Assert.Contains("mat1 and mat2 shapes cannot be multiplied (200x100 and 101x200)", Assert.ThrowsAny<Exception>(() => a.mm(b)).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(() => zeros(7).addmm(randn(200, 100), randn(100, 200), 1, 1));
    }

    [Fact]
    public void GradientsAreThoseOfTheSameInFp64()
    {
        using var scope = NewDisposeScope();
        var (x, weight, bias, gradient) = (randn(4, 50, 80), randn(70, 80), randn(70), randn(4, 50, 70));
        Tensor[] single = [x.requires_grad_(), weight.requires_grad_(), bias.requires_grad_()];
        Tensor[] wide = [.. single.Select(each => each.detach().@double().requires_grad_())];
        nn.functional.linear(single[0], single[1], single[2]).mul(gradient).sum().backward();
        nn.functional.linear(wide[0], wide[1], wide[2]).mul(gradient.@double()).sum().backward();
        foreach (var (one, other) in single.Zip(wide)) Close(other.grad!, one.grad!);
    }

    /// <summary>In rows, in columns, as part of something wider, as part of something wider in columns, with gaps between the elements.</summary>
    private static IEnumerable<Tensor> Ways(int rows, int columns) =>
    [
        randn(rows, columns), randn(columns, rows).t(), randn(rows, columns + 7).narrow(1, 3, columns), randn(columns, rows + 5).narrow(1, 2, rows).t(), randn(rows, columns, 2).select(2, 1),
    ];

    private static void Close(Tensor expected, Tensor actual) =>
        Assert.InRange(expected.sub(actual.@double()).abs().max().item<double>() / Math.Max(1, expected.abs().max().item<double>()), 0, Tolerance);
}
