using System.Runtime.InteropServices;

namespace TrainMm.Torch.Interop;

/// <summary>
/// Keeps libtorch's threads and its BLAS's from fighting over the cores. Debian's libtorch runs its own loops on OpenMP's threads and leaves matrix products to
/// whichever library the alternative libblas.so.3 names. OpenBLAS built for pthreads brings a second pool; each pool's idle threads spin while the other works,
/// which doubled the time of a small transformer's step on two cores. The OpenMP build shares one pool.
/// </summary>
internal static partial class ThreadPools
{
    private const string BlasName = "libblas.so.3";
    private const string LapackName = "liblapack.so.3";

    /// <summary>Takes the OpenMP build of OpenBLAS in the place of the pthread one where both are installed, else lets OpenMP's idle threads sleep. Call it before libtorch is loaded.</summary>
    internal static void Unify()
    {
        if (!OperatingSystem.IsLinux()) return;
        var libraries = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "/usr/lib/aarch64-linux-gnu" : "/usr/lib/x86_64-linux-gnu";

        // A machine whose libtorch brings its own BLAS need not have one of the system's.
        var alternative = new FileInfo(Path.Combine(libraries, BlasName));
        if (!alternative.Exists) return;
        var chosen = alternative.ResolveLinkTarget(returnFinalTarget: true)?.FullName;
        if (chosen?.Contains("/openblas-pthread/", StringComparison.Ordinal) != true) return;

        // A library is known to the loader by its own name: once one that calls itself libblas.so.3 is loaded, libtorch is bound to that one.
        var shared = Path.Combine(libraries, "openblas-openmp");
        if (NativeLibrary.TryLoad(Path.Combine(shared, BlasName), out _) && NativeLibrary.TryLoad(Path.Combine(shared, LapackName), out _)) return;
        _ = SetEnvironment("OMP_WAIT_POLICY", "PASSIVE", overwrite: 0);
    }

    // .NET's own setter changes only what .NET sees; OpenMP reads the process's.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
