using System.Runtime.InteropServices;

namespace TrainMm.Torch.Interop;

/// <summary>autograd.cpp.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(LibraryName)]
    internal static partial int tm_requires_grad(nint tensor);

    [LibraryImport(LibraryName)]
    internal static partial int tm_is_leaf(nint tensor);

    [LibraryImport(LibraryName)]
    internal static partial nint tm_grad(nint tensor);

    [LibraryImport(LibraryName)]
    internal static partial int tm_set_requires_grad(nint tensor, int value);

    [LibraryImport(LibraryName)]
    internal static partial int tm_set_grad(nint tensor, nint gradient);

    [LibraryImport(LibraryName)]
    internal static partial int tm_retain_grad(nint tensor);

    [LibraryImport(LibraryName)]
    [SuppressGCTransition]
    internal static partial int tm_grad_enabled();

    [LibraryImport(LibraryName)]
    internal static partial void tm_set_grad_enabled(int value);

    [LibraryImport(LibraryName)]
    internal static partial int tm_inference_enabled();

    [LibraryImport(LibraryName)]
    internal static partial nint tm_inference_enter(int value);

    [LibraryImport(LibraryName)]
    internal static partial void tm_inference_leave(nint guard);

    [LibraryImport(LibraryName)]
    internal static partial int tm_backward(
        nint* tensors, int count, nint* gradients, int gradientCount, int retainGraph, int createGraph, nint* inputs, int inputCount);

    [LibraryImport(LibraryName)]
    internal static partial int tm_gradients(
        nint* outputs,
        int outputCount,
        nint* inputs,
        int inputCount,
        nint* gradients,
        int gradientCount,
        int retainGraph,
        int createGraph,
        int allowUnused,
        nint* results);

    [LibraryImport(LibraryName)]
    internal static partial int tm_attach_node(
        nint* inputs,
        int inputCount,
        nint* outputs,
        int outputCount,
        nint* saved,
        int savedCount,
        delegate* unmanaged<nint, nint*, int, nint*, int, nint*, int, byte*, int, int> backward,
        delegate* unmanaged<nint, void> freeContext,
        nint context);
}
