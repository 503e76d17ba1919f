using TorchSharp;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

public sealed class ArithmeticTests
{
    private readonly Tensor row = tensor(new float[] { 1, 2, 4 });

    [Fact]
    public void OperatorsTakeNumbersOnEitherSide()
    {
        Assert.Equal([3f, 5f, 9f], ((row * 2) + 1).Floats());
        Assert.Equal([9f, 8f, 6f], (10 - row).Floats());
        Assert.Equal([8f, 4f, 2f], (8 / row).Floats());
        Assert.Equal([0.5f, 1f, 2f], (row / 2).Floats());
        Assert.Equal([-1f, -2f, -4f], (-row).Floats());
        Assert.Equal([1f, 0f, 0f], (row % 2).Floats());
        Assert.Equal([1f, 4f, 16f], row.pow(2).Floats());
        Assert.Equal(ScalarType.Float32, (1 / arange(1, 3)).dtype);
    }

    [Fact]
    public void ComparisonsGiveMasks()
    {
        Assert.Equal([false, true, true], (row > 1).data<bool>().ToArray());
#pragma warning disable SA1131 // The order is what is tested.
        Assert.Equal([true, false, false], (2 > row).data<bool>().ToArray());
#pragma warning restore SA1131
        Assert.Equal([false, true, false], ((row > 1) & (row < 4)).data<bool>().ToArray());
        Assert.Equal([true, false, true], (~(row == 2)).data<bool>().ToArray());
        Assert.Equal([true, false, true], (row != 2).data<bool>().ToArray());
    }

    [Fact]
    public void ShapesBroadcast()
    {
        var column = tensor(new float[,] { { 10 }, { 20 } });
        Assert.Equal([11f, 12f, 14f, 21f, 22f, 24f], (column + row).Floats());
        Assert.Equal([2, 5, 3], (zeros(5, 1) + zeros(2, 1, 3)).shape);
    }

    [Fact]
    public void ReductionsKnowTheirDimensions()
    {
        var matrix = arange(6).reshape(2, 3).to(float32);
        Assert.Equal(15f, matrix.sum().item<float>());
        Assert.Equal([3f, 5f, 7f], matrix.sum(0L).Floats());
        Assert.Equal([3f, 12f], matrix.sum([1]).Floats());
        Assert.Equal([2, 1], matrix.mean([1], keepdim: true).shape);
        Assert.Equal([1f, 1f], matrix.var(1, unbiased: true).Floats());
        Assert.Equal(1.5f, matrix.std(0, unbiased: false)[0].item<float>());
        var (values, places) = matrix.max(1);
        Assert.Equal([2f, 5f], values.Floats());
        Assert.Equal([2L, 2L], places.Longs());
        Assert.Equal([1L, 1L, 1L], matrix.argmax(0).Longs());
        var (top, at) = matrix.topk(2);
        Assert.Equal([2f, 1f, 5f, 4f], top.Floats());
        Assert.Equal([2L, 1L, 2L, 1L], at.Longs());
        Assert.Equal([2f, 1f, 0f], matrix[0].sort(descending: true).Item1.Floats());
        Assert.Equal([0f, 1f, 3f], matrix[0].cumsum(0).Floats());
        Assert.Equal(MathF.Sqrt(55), matrix.norm().item<float>());
        Assert.True(matrix.any().item<bool>() && !matrix.all().item<bool>());
    }

    [Fact]
    public void InPlaceOperationsReturnTheirTensor()
    {
        var tensor = row.clone();
        Assert.Same(tensor, tensor.add_(1).mul_(2).sub_(ones(3)).div_(3));
        Assert.Equal([1f, 5f / 3, 3f], tensor.Floats());
        Assert.Equal([2f, 2f, 2f], zeros(3).addcmul_(ones(3), ones(3), 2).Floats());
        Assert.Equal([1f, 1f, 1f], zeros(3).addcdiv_(ones(3), full([3], 2.0), 2).Floats());
        Assert.Equal([0.5f], zeros(1).lerp_(ones(1), full([1], 0.5)).Floats());
        Assert.Equal([1f, 1f, 1f], zeros(3).copy_(ones(3)).Floats());
    }

    [Fact]
    public void MatricesMultiply()
    {
        var a = arange(6).reshape(2, 3).to(float32);
        var expected = new[] { 5f, 14f, 14f, 50f };
        Assert.Equal(expected, a.matmul(a.T).Floats());
        Assert.Equal(expected, a.mm(a.t()).Floats());
        Assert.Equal(expected, einsum("ij,kj->ik", a, a).Floats());
        Assert.Equal(expected, a.unsqueeze(0).bmm(a.T.unsqueeze(0)).Floats());
        Assert.Equal(expected.Select(value => value + 1), ones(2, 2).addmm(a, a.T).Floats());
        Assert.Equal(expected, full([1, 2, 2], float.NaN).baddbmm(a.unsqueeze(0), a.T.unsqueeze(0), beta: 0).Floats());
        Assert.Equal([1f, 2f, 2f, 4f], row[..2].outer(row[..2]).Floats());
    }

    [Fact]
    public void TypesConvert()
    {
        Assert.Equal([1L, 2L], tensor(new[] { 1.9f, 2.1f }).to(int64).Longs());
        Assert.Equal(ScalarType.Float16, row.half().dtype);
        Assert.Equal(2.5f, (float)tensor(2.5f));
        Assert.Equal(3L, tensor(3L).item<long>());
        Assert.Equal(2.0, tensor(2.0).ToScalar().ToDouble());
        var problem = Assert.Throws<ArgumentException>(() => row.data<long>());
        Assert.Equal("The values of a tensor of Float32 cannot be read as Int64.", problem.Message);
        Assert.Throws<ArgumentException>(() => row.item<float>());
    }

    [Fact]
    public void StridedDataIsReadInOrder()
    {
        var transposed = arange(4).reshape(2, 2).t();
        Assert.False(transposed.is_contiguous());
        Assert.Equal([0L, 2L, 1L, 3L], transposed.data<long>().ToArray());
        Assert.Equal(2, transposed.data<long>()[0, 1]);
        Assert.Throws<InvalidOperationException>(() => transposed.bytes.Length);
    }
}
