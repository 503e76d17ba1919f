// Facts about the libtorch in use, its threads, its devices and their memory.
#include "shim.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#ifdef TM_CUDA_HEADERS
#include <c10/cuda/CUDACachingAllocator.h>
#endif

#include <dlfcn.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

TM_API const char* tm_version() {
    return TORCH_VERSION;
}

TM_API int tm_cxx11_abi() {
    return _GLIBCXX_USE_CXX11_ABI;
}

// The file that libtorch's code was loaded from.
TM_API const char* tm_library_path() {
    static const std::string path = [] {
        Dl_info info{};
        return dladdr(reinterpret_cast<void*>(&at::get_num_threads), &info) && info.dli_fname ? std::string(info.dli_fname) : std::string();
    }();
    return path.c_str();
}

TM_API const char* tm_build_configuration() {
    static const std::string text = at::show_config();
    return text.c_str();
}

// A training step frees its activations and takes as many at the next: memory given back to the system in between is paged in again, zeroed, each time.
TM_API void tm_keep_freed_memory() {
#ifdef __GLIBC__
    constexpr int largest_heap_block = 32 << 20;
    mallopt(M_MMAP_THRESHOLD, largest_heap_block);
    mallopt(M_TRIM_THRESHOLD, -1);
#endif
}

// Bytes that the C library has given out and not got back; -1 where it does not say.
TM_API int64_t tm_heap_bytes() {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    auto heap = mallinfo2();
    return static_cast<int64_t>(heap.uordblks + heap.hblkhd);
#else
    return -1;
#endif
}

TM_API int tm_threads() { return at::get_num_threads(); }
TM_API int tm_interop_threads() { return at::get_num_interop_threads(); }
TM_API int tm_set_threads(int count) { return shim::guarded([&] { at::set_num_threads(count); }); }
TM_API int tm_set_interop_threads(int count) { return shim::guarded([&] { at::set_num_interop_threads(count); }); }

// Asked of the device guard, whose interface has been the same in all versions, unlike the CUDA hooks'.
TM_API int tm_cuda_devices() {
    int count = 0;
    shim::guarded([&] {
        if (at::hasCUDA() && c10::impl::hasDeviceGuardImpl(c10::DeviceType::CUDA)) {
            count = static_cast<int>(c10::impl::getDeviceGuardImpl(c10::DeviceType::CUDA)->deviceCount());
        }
    });
    return count;
}

TM_API int tm_cuda_has_cudnn() {
    int has = 0;
    shim::guarded([&] { has = at::hasCUDA() && at::detail::getCUDAHooks().hasCuDNN(); });
    return has;
}

TM_API int tm_cuda_synchronize(int device) {
    return shim::guarded([&] {
        TORCH_CHECK(tm_cuda_devices() > 0, "there is no CUDA device to wait for");
        int index = device >= 0 ? device : c10::impl::getDeviceGuardImpl(c10::DeviceType::CUDA)->getDevice().index();
        at::detail::getCUDAHooks().deviceSynchronize(static_cast<c10::DeviceIndex>(index));
    });
}

// Bytes now, bytes at the peak, bytes held back from the driver. 0 when the shim was built without CUDA's headers.
TM_API int tm_cuda_memory(int device, int64_t* allocated, int64_t* peak, int64_t* reserved) {
#ifdef TM_CUDA_HEADERS
    return shim::guarded([&] {
        auto statistics = c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(device));
        *allocated = statistics.allocated_bytes[0].current;
        *peak = statistics.allocated_bytes[0].peak;
        *reserved = statistics.reserved_bytes[0].current;
    }) == 0;
#else
    return 0;
#endif
}

TM_API int tm_cuda_reset_peak(int device) {
#ifdef TM_CUDA_HEADERS
    return shim::guarded([&] { c10::cuda::CUDACachingAllocator::resetPeakStats(static_cast<c10::DeviceIndex>(device)); }) == 0;
#else
    return 0;
#endif
}

TM_API int tm_set_deterministic(int value) {
    return shim::guarded([&] { at::globalContext().setDeterministicAlgorithms(value != 0, false); });
}

TM_API int tm_allow_tf32() { return at::globalContext().allowTF32CuBLAS(); }
TM_API int tm_set_allow_tf32(int value) { return shim::guarded([&] { at::globalContext().setAllowTF32CuBLAS(value != 0); }); }
TM_API int tm_cudnn_allow_tf32() { return at::globalContext().allowTF32CuDNN(); }
TM_API int tm_set_cudnn_allow_tf32(int value) { return shim::guarded([&] { at::globalContext().setAllowTF32CuDNN(value != 0); }); }
