// Automatic mixed precision. libtorch 2.4 put the device type into the calls' arguments.
#include "shim.h"

#include <ATen/autocast_mode.h>

TM_API int tm_autocast_enabled(int deviceType) {
#if TM_VERSION_AT_LEAST(2, 4)
    return at::autocast::is_autocast_enabled(static_cast<c10::DeviceType>(deviceType));
#else
    return static_cast<c10::DeviceType>(deviceType) == c10::DeviceType::CPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
#endif
}

TM_API int tm_autocast_dtype(int deviceType) {
#if TM_VERSION_AT_LEAST(2, 4)
    return static_cast<int>(at::autocast::get_autocast_dtype(static_cast<c10::DeviceType>(deviceType)));
#else
    return static_cast<int>(static_cast<c10::DeviceType>(deviceType) == c10::DeviceType::CPU
        ? at::autocast::get_autocast_cpu_dtype()
        : at::autocast::get_autocast_gpu_dtype());
#endif
}

TM_API int tm_autocast_set(int deviceType, int enabled, int dtype) {
    return shim::guarded([&] {
        auto device = static_cast<c10::DeviceType>(deviceType);
        auto scalarType = static_cast<at::ScalarType>(dtype);
        TORCH_CHECK(device == c10::DeviceType::CPU || device == c10::DeviceType::CUDA, "autocast knows the devices cpu and cuda");
#if TM_VERSION_AT_LEAST(2, 4)
        at::autocast::set_autocast_enabled(device, enabled != 0);
        at::autocast::set_autocast_dtype(device, scalarType);
#else
        if (device == c10::DeviceType::CPU) {
            at::autocast::set_cpu_enabled(enabled != 0);
            at::autocast::set_autocast_cpu_dtype(scalarType);
        } else {
            at::autocast::set_enabled(enabled != 0);
            at::autocast::set_autocast_gpu_dtype(scalarType);
        }
#endif
    });
}

TM_API void tm_autocast_enter() {
    at::autocast::increment_nesting();
}

// The outermost leave drops the cached casts of the weights.
TM_API void tm_autocast_leave() {
    if (at::autocast::decrement_nesting() == 0) {
        at::autocast::clear_cache();
    }
}
