using TorchSharp;

namespace TrainMm.Torch;

/// <summary>How many tensors are alive, to make leaks visible.</summary>
public static class TensorCount
{
    /// <summary>Gets the number of tensors made and neither disposed nor finalised yet, over all threads.</summary>
    public static long Live => torch.Tensor.TotalCount;
}
