using TorchSharp;

namespace TrainMm.Tests.Torch;

/// <summary>Reads tensors for comparisons.</summary>
internal static class Values
{
    internal static float[] Floats(this torch.Tensor tensor) => tensor.detach().to(torch.float32).contiguous().data<float>().ToArray();

    internal static long[] Longs(this torch.Tensor tensor) => tensor.to(torch.int64).contiguous().data<long>().ToArray();

    internal static byte[] Bits(this torch.Tensor tensor) => tensor.detach().contiguous().bytes.ToArray();

    internal static float LargestDifference(torch.Tensor left, torch.Tensor right)
    {
        Assert.Equal(left.shape, right.shape);
        return (left - right).abs().max().item<float>();
    }
}
