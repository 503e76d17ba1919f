using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace TrainMm.Torch;

/// <summary>Memory in use, in bytes.</summary>
/// <param name="Used">Now: by tensors on a CUDA device, by the whole process (its resident set) on the CPU.</param>
/// <param name="Peak">The most so far, of the same.</param>
/// <param name="Reserved">What libtorch holds back from the CUDA driver; equal to <paramref name="Used"/> on the CPU.</param>
public readonly partial record struct MemoryStatistics(long Used, long Peak, long Reserved)
{
    /// <summary>Reads the memory in use on a device. Where the engine cannot ask the CUDA allocator, the process's memory is given.</summary>
    /// <param name="device">The CPU or a CUDA device.</param>
    public static MemoryStatistics Read(torch.Device device)
    {
        if (device.type == DeviceType.CUDA && ReadCuda(Math.Max(device.index, 0)) is { } statistics) return statistics;
        using var process = Process.GetCurrentProcess();
        var used = FromStatus("VmRSS:") ?? process.WorkingSet64;
        return new MemoryStatistics(used, FromStatus("VmHWM:") ?? process.PeakWorkingSet64, used);
    }

    /// <summary>Lets the peak of a CUDA device start anew; the CPU's cannot be reset.</summary>
    /// <param name="device">The device.</param>
    public static void ResetPeak(torch.Device device)
    {
        if (device.type == DeviceType.CUDA) ResetCuda(Math.Max(device.index, 0));
    }

    /// <summary>
    /// Bytes that are taken now: on a CUDA device by tensors, on the CPU by all that the C library has given out, which is tensors for the greatest part. Unlike the resident set it falls when tensors are freed.
    /// null where the engine cannot ask.
    /// </summary>
    /// <param name="device">The CPU or a CUDA device.</param>
    public static long? TensorBytes(torch.Device device) => device.type == DeviceType.CUDA ? ReadCuda(Math.Max(device.index, 0))?.Used : ReadHeap();

    private static partial long? ReadHeap();

    private static partial MemoryStatistics? ReadCuda(int device);

    private static partial void ResetCuda(int device);

    // .NET caches a process's figures and knows no peak on Linux.
    private static long? FromStatus(string key)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var line = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        return line is null ? null : long.Parse(line[key.Length..].Replace("kB", string.Empty, StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
