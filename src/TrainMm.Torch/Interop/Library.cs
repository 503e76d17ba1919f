using System.Reflection;
using System.Runtime.InteropServices;

namespace TrainMm.Torch.Interop;

/// <summary>Finds and loads the shim that the build put beside this assembly, and sets libtorch's threads before its first operation.</summary>
internal static unsafe class Library
{
    private const string FileName = "libtrainmm_torch.so";
    private static int areThreadsSet;

    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(Library).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != NativeMethods.LibraryName)
        {
            return 0;
        }

        // A program published as one file has no assembly with a place of its own.
        var folder = Path.GetDirectoryName(assembly.Location) is { Length: > 0 } own ? own : AppContext.BaseDirectory;
        var path = Path.Combine(folder, FileName);
        ThreadPools.Unify();
        nint library;
        try
        {
            library = NativeLibrary.Load(path);
        }
        catch (DllNotFoundException problem)
        {
            throw new DllNotFoundException(
                $"The libtorch shim could not be loaded from {path}. It is bound to the libtorch it was built with; when that was moved or removed, "
                + "install it again (sudo apt-get install libtorch-dev libopenblas0-openmp) or set TRAINMM_LIBTORCH, and build again. "
                + $"The system says: {problem.Message}",
                problem);
        }

        // The runtime asks once for each function of the shim: only the first may set what a caller can change.
        if (Interlocked.Exchange(ref areThreadsSet, 1) == 0) Prepare(library);
        return library;
    }

    // libtorch takes half the cores unless told otherwise, and a change after the first operation alters the last bits of results.
    private static void Prepare(nint library)
    {
        var setThreads = (delegate* unmanaged<int, int>)NativeLibrary.GetExport(library, nameof(NativeMethods.tm_set_threads));
        _ = setThreads(Runtime.DefaultThreads());
        ((delegate* unmanaged<void>)NativeLibrary.GetExport(library, "tm_keep_freed_memory"))();
    }
}
