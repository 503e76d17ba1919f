using System.Runtime.InteropServices;

namespace TrainMm.Torch.Interop;

/// <summary>The shim's functions (native/*.cpp). A function that returns a status returns 0 for success; see <see cref="Status.Check"/>.</summary>
internal static unsafe partial class NativeMethods
{
    internal const string LibraryName = "trainmm_torch";

    static NativeMethods() => Library.Register();

    // dispatch.cpp
    [LibraryImport(LibraryName, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int tm_has_operator(string name, string overload);

    [LibraryImport(LibraryName, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int tm_operator(string name, string overload, string names, nint* result);

    [LibraryImport(LibraryName)]
    internal static partial int tm_call(nint op, Value* arguments, int count, Value* results, int capacity, int* resultCount);

    [LibraryImport(LibraryName)]
    internal static partial void tm_free_handles(nint* handles);

    // tensor.cpp
    [LibraryImport(LibraryName)]
    internal static partial byte* tm_last_error();

    [LibraryImport(LibraryName)]
    internal static partial void tm_free(nint tensor);

    [LibraryImport(LibraryName)]
    internal static partial nint tm_share(nint tensor);

    [LibraryImport(LibraryName)]
    internal static partial int tm_empty(long* sizes, int dimensions, int dtype, int deviceType, int deviceIndex, int pinned, nint* result);

    [LibraryImport(LibraryName)]
    [SuppressGCTransition]
    internal static partial long tm_dimensions(nint tensor);

    [LibraryImport(LibraryName)]
    [SuppressGCTransition]
    internal static partial long tm_size(nint tensor, long dimension);

    [LibraryImport(LibraryName)]
    [SuppressGCTransition]
    internal static partial long tm_stride(nint tensor, long dimension);

    [LibraryImport(LibraryName)]
    [SuppressGCTransition]
    internal static partial long tm_elements(nint tensor);

    [LibraryImport(LibraryName)]
    [SuppressGCTransition]
    internal static partial long tm_storage_offset(nint tensor);

    [LibraryImport(LibraryName)]
    [SuppressGCTransition]
    internal static partial int tm_dtype(nint tensor);

    [LibraryImport(LibraryName)]
    [SuppressGCTransition]
    internal static partial int tm_element_size(nint tensor);

    [LibraryImport(LibraryName)]
    [SuppressGCTransition]
    internal static partial int tm_device_type(nint tensor);

    [LibraryImport(LibraryName)]
    [SuppressGCTransition]
    internal static partial int tm_device_index(nint tensor);

    [LibraryImport(LibraryName)]
    [SuppressGCTransition]
    internal static partial int tm_is_contiguous(nint tensor);

    [LibraryImport(LibraryName)]
    internal static partial int tm_is_pinned(nint tensor);

    [LibraryImport(LibraryName)]
    internal static partial int tm_data(nint tensor, void** data);

    [LibraryImport(LibraryName)]
    internal static partial int tm_set_data(nint tensor, nint source);

    [LibraryImport(LibraryName)]
    internal static partial int tm_index(nint tensor, IndexValue* indices, int count, nint* result);

    [LibraryImport(LibraryName)]
    internal static partial int tm_index_put(nint tensor, IndexValue* indices, int count, nint value);

    // autocast.cpp
    [LibraryImport(LibraryName)]
    internal static partial int tm_autocast_enabled(int deviceType);

    [LibraryImport(LibraryName)]
    internal static partial int tm_autocast_dtype(int deviceType);

    [LibraryImport(LibraryName)]
    internal static partial int tm_autocast_set(int deviceType, int enabled, int dtype);

    [LibraryImport(LibraryName)]
    internal static partial void tm_autocast_enter();

    [LibraryImport(LibraryName)]
    internal static partial void tm_autocast_leave();

    // random.cpp
    [LibraryImport(LibraryName)]
    internal static partial int tm_manual_seed(ulong seed);

    [LibraryImport(LibraryName)]
    internal static partial int tm_default_generator(int deviceType, int deviceIndex, nint* result);

    [LibraryImport(LibraryName)]
    internal static partial int tm_new_generator(ulong seed, nint* result);

    [LibraryImport(LibraryName)]
    internal static partial void tm_free_generator(nint generator);

    [LibraryImport(LibraryName)]
    internal static partial int tm_generator_seed(nint generator, ulong seed);

    [LibraryImport(LibraryName)]
    internal static partial ulong tm_generator_initial_seed(nint generator);

    [LibraryImport(LibraryName)]
    internal static partial int tm_generator_state(nint generator, nint* state);

    [LibraryImport(LibraryName)]
    internal static partial int tm_generator_set_state(nint generator, nint state);

    // runtime.cpp
    [LibraryImport(LibraryName)]
    internal static partial byte* tm_version();

    [LibraryImport(LibraryName)]
    internal static partial int tm_cxx11_abi();

    [LibraryImport(LibraryName)]
    internal static partial byte* tm_library_path();

    [LibraryImport(LibraryName)]
    internal static partial byte* tm_build_configuration();

    [LibraryImport(LibraryName)]
    internal static partial int tm_threads();

    [LibraryImport(LibraryName)]
    internal static partial int tm_interop_threads();

    [LibraryImport(LibraryName)]
    internal static partial int tm_set_threads(int count);

    [LibraryImport(LibraryName)]
    internal static partial int tm_set_interop_threads(int count);

    [LibraryImport(LibraryName)]
    internal static partial int tm_cuda_devices();

    [LibraryImport(LibraryName)]
    internal static partial int tm_cuda_has_cudnn();

    [LibraryImport(LibraryName)]
    internal static partial int tm_cuda_synchronize(int device);

    [LibraryImport(LibraryName)]
    internal static partial long tm_heap_bytes();

    [LibraryImport(LibraryName)]
    internal static partial int tm_cuda_memory(int device, long* allocated, long* peak, long* reserved);

    [LibraryImport(LibraryName)]
    internal static partial int tm_cuda_reset_peak(int device);

    [LibraryImport(LibraryName)]
    internal static partial int tm_set_deterministic(int value);

    [LibraryImport(LibraryName)]
    internal static partial int tm_allow_tf32();

    [LibraryImport(LibraryName)]
    internal static partial int tm_set_allow_tf32(int value);

    [LibraryImport(LibraryName)]
    internal static partial int tm_cudnn_allow_tf32();

    [LibraryImport(LibraryName)]
    internal static partial int tm_set_cudnn_allow_tf32(int value);
}
