using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>Type casts that cost nothing where there is nothing to cast.</summary>
internal static class TensorCasts
{
    /// <summary>The tensor itself where it has the type, else a converted copy.</summary>
    public static Tensor CastTo(this Tensor tensor, ScalarType dtype) => tensor.dtype == dtype ? tensor : tensor.to_type(dtype);
}
