// What every source of the shim shares: tensor handles, and how an exception leaves C++.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

#include <cstdint>
#include <string>

#define TM_API extern "C" __attribute__((visibility("default")))
#define TM_VERSION_AT_LEAST(major, minor) \
    (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

namespace shim {

// A handle is the TensorImpl itself and owns one reference to it; null stands for an undefined tensor.
using Handle = c10::TensorImpl*;

// A tensor is one pointer, so that a handle can be read as a tensor without touching its reference count.
inline const at::Tensor& borrow(const Handle& handle) {
    static_assert(sizeof(at::Tensor) == sizeof(Handle));
    return reinterpret_cast<const at::Tensor&>(handle);
}

inline at::Tensor share(Handle handle) {
    return handle ? borrow(handle) : at::Tensor();
}

inline Handle release(at::Tensor tensor) {
    return tensor.defined() ? tensor.unsafeReleaseTensorImpl() : nullptr;
}

inline at::Tensor adopt(Handle handle) {
    return handle ? at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(handle)) : at::Tensor();
}

std::string& lastError();

// Runs the body; 0 when it ended well, 1 when it threw, with the message kept for tm_last_error on this thread.
template <class Body>
int guarded(Body&& body) noexcept {
    try {
        body();
        return 0;
    } catch (const c10::Error& error) {
        lastError() = error.what_without_backtrace();
    } catch (const std::exception& error) {
        lastError() = error.what();
    } catch (...) {
        lastError() = "an exception of an unknown type was thrown by libtorch";
    }
    return 1;
}

}  // namespace shim
