using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

public sealed class IndexingTests
{
    private readonly Tensor matrix = arange(12).reshape(3, 4);

    [Fact]
    public void PicksByNumberRangeAndEllipsis()
    {
        Assert.Equal(6, matrix[1, 2].item<long>());
        Assert.Equal(11, matrix[-1, -1].item<long>());
        Assert.Equal([4L, 5L, 6L, 7L], matrix[1].Longs());
        Assert.Equal([1L, 5L, 9L], matrix[.., 1].Longs());
        Assert.Equal([1L, 2L, 5L, 6L], matrix[..2, 1..3].Longs());
        Assert.Equal([3L, 7L, 11L], matrix[TensorIndex.Ellipsis, ^1].Longs());
        Assert.Equal([0L, 2L], matrix[0, TensorIndex.Slice(step: 2)].Longs());
        Assert.Equal([8L, 9L, 10L, 11L], matrix[^1..].Longs());
        Assert.Equal([1, 3, 4], matrix[TensorIndex.None].shape);
    }

    [Fact]
    public void PicksByTensor()
    {
        Assert.Equal([8L, 9L, 10L, 11L, 0L, 1L, 2L, 3L], matrix[tensor(new long[] { 2, 0 })].Longs());
        Assert.Equal([9L, 10L, 11L], matrix[matrix > 8].Longs());
        Assert.Equal([1L, 6L], matrix[tensor(new long[] { 0, 1 }), tensor(new long[] { 1, 2 })].Longs());
        Assert.Equal([2L, 6L], matrix[..2, TensorIndex.Tensor(tensor(new long[] { 2 }))].Longs());
    }

    [Fact]
    public void AViewWritesThrough()
    {
        var copy = matrix.clone();
        copy[1].fill_(0);
        copy[.., 3] = tensor(-1L);
        copy[0, 0] = 50L;
        copy[copy < 0] = tensor(7L);
        Assert.Equal([50L, 1L, 2L, 7L, 0L, 0L, 0L, 7L, 8L, 9L, 10L, 7L], copy.Longs());
    }

    [Fact]
    public void PutAddsUpOnRequest()
    {
        var sums = zeros(3);
        sums.index_put_(ones(4), [tensor(new long[] { 0, 2, 2, 2 })], accumulate: true);
        Assert.Equal([1f, 0f, 3f], sums.Floats());
    }

    [Fact]
    public void OutOfRangeIsAnError() =>
        Assert.Contains("out of bounds", Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => matrix[3]).Message, StringComparison.Ordinal);

    [Fact]
    public void GathersAndScatters()
    {
        var picks = tensor(new long[,] { { 3, 0 }, { 1, 1 }, { 2, 3 } });
        Assert.Equal([3L, 0L, 5L, 5L, 10L, 11L], matrix.gather(1, picks).Longs());
        Assert.Equal([0f, 0f, 2f, 1f], zeros(4).scatter_add(0, tensor(new long[] { 2, 2, 3 }), ones(3)).Floats());
        Assert.Equal([4L, 5L, 6L, 7L], matrix.index_select(0, tensor(new long[] { 1 })).Longs());
        Assert.Equal([0f, 9f, 9f, 0f], zeros(2, 2).masked_fill(tensor(new[,] { { false, true }, { true, false } }), 9).Floats());
        Assert.Equal([1L, 2L], tensor(new[] { 0, 1, 1 }).nonzero().Longs());
        Assert.Equal([0f, 1f, 1f], zeros(3).index_add(0, tensor(new long[] { 1, 2 }), ones(2), 1).Floats());
        Assert.Equal([5f, 0f], zeros(2).index_copy(0, tensor(new long[] { 0 }), full([1], 5.0)).Floats());
    }

    [Fact]
    public void ShapesAreRearranged()
    {
        Assert.Equal([4, 3], matrix.t().shape);
        Assert.Equal([4, 3], matrix.T.shape);
        Assert.Equal([0L, 4L, 8L, 1L], matrix.transpose(0, 1).flatten().Longs()[..4]);
        Assert.Equal([2, 2, 3], matrix.reshape(2, 2, 3).shape);
        Assert.Equal([3, 2, 2], matrix.unflatten(1, 2, 2).shape);
        Assert.Equal([3, 1, 4], matrix.unsqueeze(1).shape);
        Assert.Equal([3, 4], matrix.unsqueeze(1).squeeze(1).shape);
        Assert.Equal([2, 3, 4], matrix.expand(2, 3, 4).shape);
        Assert.Equal([6, 4], matrix.repeat(2, 1).shape);
        Assert.Equal([3L, 2L, 1L, 0L], matrix.flip(1)[0].Longs());
        Assert.Equal([3L, 0L, 1L, 2L], matrix.roll(1, 1)[0].Longs());
        Assert.Equal([0L, 0L, 1L, 1L], matrix[0, ..2].repeat_interleave(2).Longs());
        Assert.Equal([[3, 1], [3, 3]], matrix.split([1, 3], 1).Select(part => part.shape));
        Assert.Equal([2, 1], matrix.chunk(2).Select(part => (int)part.shape[0]));
        Assert.Equal(3, matrix.unbind().Length);
        Assert.Equal([6, 4], cat([matrix, matrix]).shape);
        Assert.Equal([2, 3, 4], stack([matrix, matrix]).shape);
        Assert.Equal([0L, 1L, 5L, 2L, 6L, 10L], matrix.triu()[.., ..3].T.Longs().Where((value, i) => value != 0 || i == 0));
    }
}
