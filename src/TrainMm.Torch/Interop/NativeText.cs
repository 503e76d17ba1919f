namespace TrainMm.Torch.Interop;

/// <summary>Texts that the shim holds for the process's life.</summary>
internal static unsafe class NativeText
{
    internal static string Version => Status.Text(NativeMethods.tm_version());

    internal static string LibraryPath => Status.Text(NativeMethods.tm_library_path());

    internal static string BuildConfiguration => Status.Text(NativeMethods.tm_build_configuration());
}
