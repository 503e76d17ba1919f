// What the operators of our own share: from libtorch's types to those of the inner loops.
#pragma once

#include "loops/loops.h"
#include "shim.h"

namespace kernels {

// Calls the body with a value of the type that the tensor's elements have in memory.
template <class Body>
void forTypeOf(const at::Tensor& tensor, Body&& body) {
    switch (tensor.scalar_type()) {
        case at::kFloat: return body(float{});
        case at::kDouble: return body(double{});
        case at::kBFloat16: return body(loops::Bfloat16{});
        default: TORCH_CHECK(false, "the operators of trainmm take float32, float64 and bfloat16, not ", tensor.scalar_type());
    }
}

// The type in which sums are taken.
inline at::ScalarType wideTypeOf(const at::Tensor& tensor) { return tensor.scalar_type() == at::kDouble ? at::kDouble : at::kFloat; }

}  // namespace kernels
