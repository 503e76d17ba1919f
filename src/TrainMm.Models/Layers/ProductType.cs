using TorchSharp;
using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>
/// The type in which matrix products are taken. A processor without bf16 arithmetic multiplies bf16 matrices several times slower than fp32 ones; there the operands,
/// which are exact in fp32, are widened, and the result is rounded once, as hardware with fp32 accumulators does.
/// </summary>
internal static class ProductType
{
    private static readonly bool ProcessorHasBfloat16 = ComputeTypes.CpuHasBfloat16();

    /// <summary>For products with a tensor.</summary>
    public static ScalarType For(Tensor tensor) => tensor.dtype switch
    {
        ScalarType.BFloat16 when tensor.device_type == DeviceType.CPU && !ProcessorHasBfloat16 => ScalarType.Float32,
        ScalarType.Float16 when tensor.device_type == DeviceType.CPU => ScalarType.Float32,
        var type => type,
    };
}
