using System.Runtime.InteropServices;

namespace TrainMm.Torch;

/// <summary>What generation of hardware a CUDA device is, asked of NVIDIA's driver, since TorchSharp does not say.</summary>
public static class CudaCapability
{
    private const int MajorAttribute = 75;
    private const int MinorAttribute = 76;

    private delegate int Initialise(uint flags);

    private delegate int GetDevice(out int device, int ordinal);

    private delegate int GetAttribute(out int value, int attribute, int device);

    /// <summary>The compute capability, for example (8, 0) for an A100; (0, 0) where there is no driver or no such device.</summary>
    /// <param name="index">The device's number; below 0 is the first.</param>
    public static (int Major, int Minor) Of(int index)
    {
        if (!NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var driver)) return default;
        var initialise = Marshal.GetDelegateForFunctionPointer<Initialise>(NativeLibrary.GetExport(driver, "cuInit"));
        var getDevice = Marshal.GetDelegateForFunctionPointer<GetDevice>(NativeLibrary.GetExport(driver, "cuDeviceGet"));
        var getAttribute = Marshal.GetDelegateForFunctionPointer<GetAttribute>(NativeLibrary.GetExport(driver, "cuDeviceGetAttribute"));
        if (initialise(0) != 0 || getDevice(out var device, Math.Max(index, 0)) != 0) return default;
        return getAttribute(out var major, MajorAttribute, device) == 0 && getAttribute(out var minor, MinorAttribute, device) == 0 ? (major, minor) : default;
    }
}
