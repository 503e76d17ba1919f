using TorchSharp;
using TrainMm.Torch.Interop;

namespace TrainMm.Torch;

public static partial class Runtime
{
    private static partial RuntimeFacts ReadFacts()
    {
        var configuration = NativeText.BuildConfiguration;
        return new RuntimeFacts(
            "libtorch of this machine",
            torch.__version__,
            NativeText.LibraryPath,
            NativeMethods.tm_cxx11_abi() != 0,
            NativeMethods.tm_cuda_devices(),
            BlasLibrary(configuration),
            torch.get_num_threads(),
            configuration);
    }

    private static partial bool FindOperator(string name, string overload) => NativeMethods.tm_has_operator(name, overload) != 0;

    private static partial bool SetDeterministic(bool enabled)
    {
        Status.Check(NativeMethods.tm_set_deterministic(enabled ? 1 : 0));
        return true;
    }

    // Debian's libtorch takes whichever library the alternative libblas.so.3 names: only the process's own map tells which one it is.
    private static string BlasLibrary(string configuration)
    {
        var loaded = File.ReadLines("/proc/self/maps")
            .Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .Where(file => file.Contains("blas", StringComparison.Ordinal) || file.Contains("mkl", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return loaded.Find(file => file.Contains("openblas", StringComparison.Ordinal)) is { } open ? $"OpenBLAS ({open})"
            : configuration.Contains("BLAS_INFO=mkl", StringComparison.Ordinal) || loaded.Exists(file => file.Contains("mkl", StringComparison.Ordinal)) ? "MKL"
            : loaded.Count > 0 ? $"reference BLAS ({loaded[0]})"
            : "unknown";
    }
}
