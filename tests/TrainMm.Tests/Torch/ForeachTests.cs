using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

public sealed class ForeachTests
{
    private readonly Tensor[] targets = [ones(2), full([3], 4.0)];
    private readonly Tensor[] others = [full([2], 2.0), ones(3)];

    [Fact]
    public void ListsAreChangedInPlace()
    {
        Foreach.AddInPlace(targets, others, 0.5);
        AssertTargets([2, 2], [4.5f, 4.5f, 4.5f]);
        Foreach.MultiplyInPlace(targets, 2);
        AssertTargets([4, 4], [9, 9, 9]);
        Foreach.AddInPlace(targets, 1);
        AssertTargets([5, 5], [10, 10, 10]);
        Foreach.AddProductInPlace(targets, others, others, 2);
        AssertTargets([13, 13], [12, 12, 12]);
        Foreach.AddQuotientInPlace(targets, others, targets.Select(target => target.clone()).ToArray(), 13);
        AssertTargets([15, 15], [12 + (13f / 12), 12 + (13f / 12), 12 + (13f / 12)]);
    }

    [Fact]
    public void RootsAndNormsAreNewTensors()
    {
        var roots = Foreach.SquareRoot(targets);
        Assert.Equal([1f, 1f], roots[0].Floats());
        Assert.Equal([2f, 2f, 2f], roots[1].Floats());
        Assert.Equal([MathF.Sqrt(2), MathF.Sqrt(48)], Foreach.Norm(targets).Select(norm => norm.item<float>()));
    }

    [Fact]
    public void EmptyListsAreNoError()
    {
        Foreach.MultiplyInPlace([], 2);
        Foreach.AddInPlace([], [], 1);
        Assert.Empty(Foreach.Norm([]));
    }

    [Fact]
    public void LongListsFitToo()
    {
        var many = Enumerable.Range(0, 1000).Select(i => full([1], (double)i)).ToArray();
        Foreach.AddInPlace(many, many, 1);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => 2f * i), many.Select(tensor => tensor.item<float>()));
    }

    private void AssertTargets(float[] first, float[] second)
    {
        Assert.Equal(first, targets[0].Floats());
        Assert.Equal(second, targets[1].Floats());
    }
}
