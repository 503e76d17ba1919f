using System.Runtime.Intrinsics.X86;
using TorchSharp;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Models;

/// <summary>Decides the element type of a run.</summary>
public static class ComputeTypes
{
    /// <summary>NVIDIA's Ampere: the first with bf16 matrix units.</summary>
    private const int AmpereMajor = 8;

    /// <summary>The element type that an option stands for on a device.</summary>
    public static ScalarType Resolve(ComputeType type, Device device) => type switch
    {
        ComputeType.Float32 => ScalarType.Float32,
        ComputeType.Bfloat16 => ScalarType.BFloat16,
        ComputeType.Float16 => ScalarType.Float16,
        _ => MultipliesBfloat16Fast(device) ? ScalarType.BFloat16 : ScalarType.Float32,
    };

    private static bool MultipliesBfloat16Fast(Device device) => device.type switch
    {
        DeviceType.CUDA => CudaCapability.Of(device.index).Major >= AmpereMajor,
        DeviceType.CPU => CpuHasBfloat16(),
        _ => false,
    };

    /// <summary>AVX512_BF16 (leaf 7.1, EAX bit 5) or AMX-BF16 (leaf 7.0, EDX bit 22): without them a CPU converts every operand, slower than float32.</summary>
    internal static bool CpuHasBfloat16()
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7) return false;
        return (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0 || (X86Base.CpuId(7, 0).Edx & (1 << 22)) != 0;
    }
}
