// Operators of our own for processors, as the dispatcher's `trainmm::…`: what a chain of libtorch's operators would take in many passes over memory, in one.
// They have no gradient formulas; who calls them (Extras/Kernels.cs) brings the backward operator.
#include "shim.h"

#include "kernels.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <tuple>

namespace {

using at::Tensor;

// Elements that are worth a thread's start.
constexpr int64_t Grain = 32768;

template <class T>
T* memory(const Tensor& tensor) {
    return static_cast<T*>(tensor.data_ptr());
}

void checkWeight(const Tensor& x, const Tensor& weight) {
    TORCH_CHECK(weight.dim() == 1 && weight.size(0) == x.size(-1) && weight.scalar_type() == x.scalar_type() && weight.is_contiguous(),
                "the norm's weight does not fit its input");
}

// x [..., D], weight [D] → y [..., D] and the scale of each row.
std::tuple<Tensor, Tensor> rmsNorm(const Tensor& input, const Tensor& weight, double epsilon, double offset) {
    auto x = input.contiguous();
    checkWeight(x, weight);
    auto width = x.size(-1), rows = x.numel() / width;
    auto y = at::empty_like(x);
    auto scale = at::empty({rows}, x.options().dtype(kernels::wideTypeOf(x)));
    kernels::forTypeOf(x, [&](auto type) {
        using T = decltype(type);
        const auto& best = loops::best<T>();
        at::parallel_for(0, rows, Grain / width + 1, [&](int64_t begin, int64_t end) {
            for (auto i = begin; i < end; i++) {
                best.rmsNorm(memory<T>(y) + i * width, memory<loops::Wide<T>>(scale) + i, memory<T>(x) + i * width, memory<T>(weight), epsilon, offset, width);
            }
        });
    });
    return {y, scale};
}

Tensor rmsNormBackward(const Tensor& gradient, const Tensor& input, const Tensor& weight, const Tensor& scale, double offset) {
    auto x = input.contiguous(), g = gradient.contiguous();
    checkWeight(x, weight);
    TORCH_CHECK(g.sizes() == x.sizes() && g.scalar_type() == x.scalar_type(), "the gradient is not like the norm's input");
    auto width = x.size(-1), rows = x.numel() / width;
    auto dx = at::empty_like(x);
    kernels::forTypeOf(x, [&](auto type) {
        using T = decltype(type);
        const auto& best = loops::best<T>();
        at::parallel_for(0, rows, Grain / width + 1, [&](int64_t begin, int64_t end) {
            for (auto i = begin; i < end; i++) {
                best.rmsNormBackward(memory<T>(dx) + i * width, memory<T>(g) + i * width, memory<T>(x) + i * width, memory<T>(weight),
                                     memory<loops::Wide<T>>(scale)[i], offset, width);
            }
        });
    });
    return dx;
}

// x [B, heads, T, d] in any layout with dense d; cosine and sine [B or 1, 1, T, d] → [B, heads, T, d], which lies as [B, T, heads, d].
Tensor turn(const Tensor& x, const Tensor& cosine, const Tensor& sine, int64_t direction) {
    TORCH_CHECK(x.dim() == 4 && x.stride(3) == 1 && cosine.is_contiguous() && sine.is_contiguous() && cosine.size(3) == x.size(3) && cosine.size(2) == x.size(2) &&
                    cosine.scalar_type() == x.scalar_type() && sine.scalar_type() == x.scalar_type() && (cosine.size(0) == 1 || cosine.size(0) == x.size(0)),
                "the angles do not fit the heads");
    auto batch = x.size(0), heads = x.size(1), length = x.size(2), width = x.size(3);
    auto y = at::empty({batch, length, heads, width}, x.options());
    kernels::forTypeOf(x, [&](auto type) {
        using T = decltype(type);
        const auto& best = loops::best<T>();
        at::parallel_for(0, batch * length, Grain / (heads * width) + 1, [&](int64_t begin, int64_t end) {
            for (auto i = begin; i < end; i++) {
                auto b = i / length, t = i % length;
                auto angle = ((cosine.size(0) == 1 ? 0 : b) * length + t) * width;
                for (int64_t h = 0; h < heads; h++) {
                    best.turn(memory<T>(y) + (i * heads + h) * width, memory<T>(x) + b * x.stride(0) + h * x.stride(1) + t * x.stride(2),
                              memory<T>(cosine) + angle, memory<T>(sine) + angle, direction, width);
                }
            }
        });
    });
    return y.transpose(1, 2);
}

void checkAlike(const Tensor& one, const Tensor& other) {
    TORCH_CHECK(one.sizes() == other.sizes() && one.scalar_type() == other.scalar_type(), "the operands are not alike");
}

Tensor swiglu(const Tensor& gate, const Tensor& up) {
    checkAlike(gate, up);
    auto g = gate.contiguous(), u = up.contiguous();
    auto y = at::empty_like(g);
    kernels::forTypeOf(g, [&](auto type) {
        using T = decltype(type);
        at::parallel_for(0, g.numel(), Grain, [&](int64_t begin, int64_t end) {
            loops::best<T>().swiglu(memory<T>(y) + begin, memory<T>(g) + begin, memory<T>(u) + begin, end - begin);
        });
    });
    return y;
}

std::tuple<Tensor, Tensor> swigluBackward(const Tensor& gradient, const Tensor& gate, const Tensor& up) {
    checkAlike(gate, up);
    checkAlike(gate, gradient);
    auto d = gradient.contiguous(), g = gate.contiguous(), u = up.contiguous();
    auto ofGate = at::empty_like(g), ofUp = at::empty_like(g);
    kernels::forTypeOf(g, [&](auto type) {
        using T = decltype(type);
        at::parallel_for(0, g.numel(), Grain, [&](int64_t begin, int64_t end) {
            loops::best<T>().swigluBackward(memory<T>(ofGate) + begin, memory<T>(ofUp) + begin, memory<T>(d) + begin, memory<T>(g) + begin, memory<T>(u) + begin, end - begin);
        });
    });
    return {ofGate, ofUp};
}

Tensor quickGelu(const Tensor& input) {
    auto x = input.contiguous();
    auto y = at::empty_like(x);
    kernels::forTypeOf(x, [&](auto type) {
        using T = decltype(type);
        at::parallel_for(0, x.numel(), Grain, [&](int64_t begin, int64_t end) {
            loops::best<T>().quickGelu(memory<T>(y) + begin, memory<T>(x) + begin, end - begin);
        });
    });
    return y;
}

Tensor quickGeluBackward(const Tensor& gradient, const Tensor& input) {
    checkAlike(gradient, input);
    auto g = gradient.contiguous(), x = input.contiguous();
    auto dx = at::empty_like(x);
    kernels::forTypeOf(x, [&](auto type) {
        using T = decltype(type);
        at::parallel_for(0, x.numel(), Grain, [&](int64_t begin, int64_t end) {
            loops::best<T>().quickGeluBackward(memory<T>(dx) + begin, memory<T>(g) + begin, memory<T>(x) + begin, end - begin);
        });
    });
    return dx;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(trainmm, library) {
    library.def("rms_norm(Tensor input, Tensor weight, float epsilon, float offset) -> (Tensor, Tensor)", rmsNorm);
    library.def("rms_norm_backward(Tensor gradient, Tensor input, Tensor weight, Tensor scale, float offset) -> Tensor", rmsNormBackward);
    library.def("turn(Tensor heads, Tensor cosine, Tensor sine, int direction) -> Tensor", turn);
    library.def("swiglu(Tensor gate, Tensor up) -> Tensor", swiglu);
    library.def("swiglu_backward(Tensor gradient, Tensor gate, Tensor up) -> (Tensor, Tensor)", swigluBackward);
    library.def("quick_gelu(Tensor input) -> Tensor", quickGelu);
    library.def("quick_gelu_backward(Tensor gradient, Tensor input) -> Tensor", quickGeluBackward);
}
