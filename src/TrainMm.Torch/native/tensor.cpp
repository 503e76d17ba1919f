// A tensor's life, shape, memory and indices.
#include "shim.h"

#include <ATen/TensorIndexing.h>
#include <ATen/ops/empty.h>

#include <vector>

using shim::Handle;

namespace shim {

std::string& lastError() {
    static thread_local std::string message;
    return message;
}

}  // namespace shim

TM_API const char* tm_last_error() {
    return shim::lastError().c_str();
}

TM_API void tm_free(Handle tensor) {
    shim::adopt(tensor);
}

TM_API Handle tm_share(Handle tensor) {
    return shim::release(shim::share(tensor));
}

TM_API int tm_empty(const int64_t* sizes, int dimensions, int dtype, int deviceType, int deviceIndex, int pinned, Handle* result) {
    return shim::guarded([&] {
        auto options = at::TensorOptions()
            .dtype(static_cast<at::ScalarType>(dtype))
            .device(c10::Device(static_cast<c10::DeviceType>(deviceType), static_cast<c10::DeviceIndex>(deviceIndex)))
            .pinned_memory(pinned != 0);
        *result = shim::release(at::empty(at::IntArrayRef(sizes, dimensions), options));
    });
}

TM_API int64_t tm_dimensions(Handle tensor) { return shim::borrow(tensor).dim(); }
TM_API int64_t tm_size(Handle tensor, int64_t dimension) { return shim::borrow(tensor).sizes()[dimension]; }
TM_API int64_t tm_stride(Handle tensor, int64_t dimension) { return shim::borrow(tensor).strides()[dimension]; }
TM_API int64_t tm_elements(Handle tensor) { return shim::borrow(tensor).numel(); }
TM_API int64_t tm_storage_offset(Handle tensor) { return shim::borrow(tensor).storage_offset(); }
TM_API int tm_dtype(Handle tensor) { return static_cast<int>(shim::borrow(tensor).scalar_type()); }
TM_API int tm_element_size(Handle tensor) { return static_cast<int>(shim::borrow(tensor).element_size()); }
TM_API int tm_device_type(Handle tensor) { return static_cast<int>(shim::borrow(tensor).device().type()); }
TM_API int tm_device_index(Handle tensor) { return shim::borrow(tensor).device().index(); }
TM_API int tm_is_contiguous(Handle tensor) { return shim::borrow(tensor).is_contiguous(); }
TM_API int tm_is_pinned(Handle tensor) { return shim::borrow(tensor).is_pinned(); }

TM_API int tm_data(Handle tensor, void** data) {
    return shim::guarded([&] { *data = shim::borrow(tensor).data_ptr(); });
}

// Gives `tensor` the values, dtype and device of `source`, and keeps its identity (as Module.to does in PyTorch).
TM_API int tm_set_data(Handle tensor, Handle source) {
    return shim::guarded([&] { shim::borrow(tensor).set_data(shim::borrow(source)); });
}

namespace {

// Shared with TorchSharp/TensorIndex.cs.
enum IndexKind : int32_t { IndexNone, IndexEllipsis, IndexSingle, IndexBool, IndexSlice, IndexTensor };

struct Index {
    int32_t kind;
    int32_t unused;
    int64_t start;
    int64_t stop;
    int64_t step;
    Handle tensor;
};

std::vector<at::indexing::TensorIndex> toIndices(const Index* indices, int count) {
    using namespace at::indexing;
    std::vector<TensorIndex> result;
    result.reserve(count);
    for (int i = 0; i < count; i++) {
        const auto& index = indices[i];
        switch (index.kind) {
            case IndexNone: result.emplace_back(at::indexing::None); break;
            case IndexEllipsis: result.emplace_back(Ellipsis); break;
            case IndexSingle: result.emplace_back(index.start); break;
            case IndexBool: result.emplace_back(index.start != 0); break;
            case IndexSlice: result.emplace_back(Slice(index.start, index.stop, index.step)); break;
            case IndexTensor: result.emplace_back(shim::borrow(index.tensor)); break;
            default: TORCH_CHECK(false, "unknown kind of index ", index.kind);
        }
    }
    return result;
}

}  // namespace

TM_API int tm_index(Handle tensor, const Index* indices, int count, Handle* result) {
    return shim::guarded([&] { *result = shim::release(shim::borrow(tensor).index(toIndices(indices, count))); });
}

TM_API int tm_index_put(Handle tensor, const Index* indices, int count, Handle value) {
    return shim::guarded([&] {
        auto target = shim::borrow(tensor);
        target.index_put_(toIndices(indices, count), shim::borrow(value));
    });
}
