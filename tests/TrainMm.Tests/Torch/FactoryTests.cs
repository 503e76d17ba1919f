using TorchSharp;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

public sealed class FactoryTests
{
    [Fact]
    public void FillsAsAsked()
    {
        Assert.Equal([0f, 0f], zeros(2).Floats());
        Assert.Equal([1f, 1f, 1f, 1f], ones(2, 2).Floats());
        Assert.Equal([2.5f, 2.5f], full([2], 2.5).Floats());
        Assert.Equal([1f, 0f, 0f, 1f], eye(2).Floats());
        Assert.Equal([0f, 0.5f, 1f], linspace(0, 1, 3).Floats());
    }

    [Fact]
    public void TakesShapeTypeAndGradient()
    {
        using var tensor = zeros([2, 3, 4], dtype: bfloat16, requires_grad: true);
        Assert.Equal([2, 3, 4], tensor.shape);
        Assert.Equal((ScalarType.BFloat16, true, 24L, 3L), (tensor.dtype, tensor.requires_grad, tensor.numel(), tensor.ndim));
        Assert.Equal([12, 4, 1], tensor.stride());
        Assert.Equal(4, tensor.size(-1));
        Assert.Equal(ScalarType.Float64, zeros_like(tensor, float64).dtype);
        Assert.Equal([5, 6], tensor.new_zeros(5, 6).shape);
    }

    [Fact]
    public void RangesAreWholeOnlyWhenTheirEndsAre()
    {
        Assert.Equal(ScalarType.Int64, arange(3).dtype);
        Assert.Equal([0L, 1L, 2L], arange(3).Longs());
        Assert.Equal(ScalarType.Float32, arange(0, 1, 0.25).dtype);
        Assert.Equal([0f, 0.25f, 0.5f, 0.75f], arange(0, 1, 0.25).Floats());
        Assert.Equal(ScalarType.Int64, full([1], 3).dtype);
    }

    [Fact]
    public void ArraysKeepTheirTypeAndShape()
    {
        Assert.Equal((ScalarType.Float32, 2L), (tensor(new float[,] { { 1, 2 }, { 3, 4 } }).dtype, tensor(new float[,] { { 1, 2 }, { 3, 4 } }).ndim));
        Assert.Equal(ScalarType.Int64, tensor(new long[] { 1 }).dtype);
        Assert.Equal(ScalarType.Int32, tensor(new[] { 1 }).dtype);
        Assert.Equal(ScalarType.Bool, tensor(new[] { true }).dtype);
        Assert.Equal(ScalarType.Byte, tensor(new byte[] { 1 }).dtype);
        Assert.Equal(ScalarType.Float64, tensor(1.0).dtype);
        Assert.Empty(tensor(1.0f).shape);
        Assert.Equal([1f, 2f, 3f], tensor(new[] { 1.0, 2.0, 3.0 }, dtype: float32).Floats());
        Assert.Equal([2, 2], tensor(new float[] { 1, 2, 3, 4 }, [2, 2]).shape);
        Assert.Equal([1f, 2f, 3f, 4f], from_array(new float[,] { { 1, 2 }, { 3, 4 } }).Floats());
    }

    [Fact]
    public void ValuesMustFillTheShape()
    {
        var problem = Assert.Throws<ArgumentException>(() => tensor(new float[] { 1, 2, 3 }, [2, 2]));
        Assert.Equal("3 values do not fill a tensor of shape [2, 2].", problem.Message);
    }

    [Fact]
    public void EmptyTensorsWork()
    {
        Assert.Equal([0, 3], zeros(0, 3).shape);
        Assert.Empty(tensor(Array.Empty<float>()).Floats());
        Assert.Equal(0f, zeros(0).sum().item<float>());
    }

    [Fact]
    public void BFloat16RoundsToEven()
    {
        var values = new[] { 1f, 1.00390625f, 1.01171875f, -3.1415926f, 65504f, float.PositiveInfinity };
        var native = tensor(values).to(bfloat16).data<BFloat16>().ToArray();
        Assert.Equal(native.Select(value => value.ToSingle()), values.Select(value => new BFloat16(value).ToSingle()));
    }
}
