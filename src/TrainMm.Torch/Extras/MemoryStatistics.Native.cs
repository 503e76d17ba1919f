using TrainMm.Torch.Interop;

namespace TrainMm.Torch;

public readonly partial record struct MemoryStatistics
{
    private static partial long? ReadHeap() => NativeMethods.tm_heap_bytes() is >= 0 and var bytes ? bytes : null;

    private static partial MemoryStatistics? ReadCuda(int device)
    {
        unsafe
        {
            long used, peak, reserved;
            return NativeMethods.tm_cuda_memory(device, &used, &peak, &reserved) != 0 ? new MemoryStatistics(used, peak, reserved) : null;
        }
    }

    private static partial void ResetCuda(int device) => _ = NativeMethods.tm_cuda_reset_peak(device);
}
