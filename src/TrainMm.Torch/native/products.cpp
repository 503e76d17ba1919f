// Matrix products in fp32 on processors. A libtorch that is bound to OpenBLAS asks it for them, though it brings oneDNN, which takes a sixth less time for the products
// of a training step on processors with AVX-512. Where that is so, `aten::mm`, `aten::addmm` and `aten::addmm_` are oneDNN's from here on, for all who call them: models, and libtorch's own gradients.
#include "shim.h"

#include "products.h"

#include <ATen/Functions.h>
#include <ATen/ops/addmm_cpu_dispatch.h>
#include <ATen/ops/mm_cpu_dispatch.h>
#include <torch/library.h>

#include <dlfcn.h>

#include <algorithm>

namespace products {

Sgemm oneDnn() {
    static const auto found = reinterpret_cast<Sgemm>(dlsym(RTLD_DEFAULT, "dnnl_sgemm"));
    return found;
}

namespace {

using at::Tensor;

// How a matrix lies in memory.
struct Layout {
    bool isDense = false;
    char across = 'N';
    int64_t stride = 0;

    explicit Layout(const Tensor& matrix) {
        if (matrix.dim() != 2 || matrix.scalar_type() != at::kFloat || matrix.layout() != at::kStrided) {
            return;
        }
        auto rows = std::max<int64_t>(matrix.size(0), 1), columns = std::max<int64_t>(matrix.size(1), 1);
        if (matrix.stride(1) == 1 && matrix.stride(0) >= columns) {
            isDense = true;
            stride = matrix.stride(0);
        } else if (matrix.stride(0) == 1 && matrix.stride(1) >= rows) {
            isDense = true;
            across = 'T';
            stride = matrix.stride(1);
        }
    }
};

// out = alpha a b + beta out; false, and nothing done, where libtorch's own product is to be taken.
bool multiply(const Tensor& a, const Tensor& b, float alpha, float beta, const Tensor& out) {
    Layout left(a), right(b), result(out);
    if (!left.isDense || !right.isDense || !result.isDense || result.across != 'N') {
        return false;
    }
    return oneDnn()(left.across, right.across, a.size(0), b.size(1), a.size(1), alpha, a.data_ptr<float>(), left.stride, b.data_ptr<float>(), right.stride, beta,
                              out.data_ptr<float>(), result.stride) == 0;
}

// Whether the product is one for oneDNN. Wrong shapes are not: libtorch says what is wrong with them.
bool isWorthIt(const Tensor& a, const Tensor& b) {
    return a.scalar_type() == at::kFloat && b.scalar_type() == at::kFloat && a.dim() == 2 && b.dim() == 2 && a.size(1) == b.size(0) &&
           a.size(0) * a.size(1) * b.size(1) >= Worth;
}

Tensor mm(const Tensor& a, const Tensor& b) {
    if (isWorthIt(a, b)) {
        auto out = at::empty({a.size(0), b.size(1)}, a.options());
        if (multiply(a, b, 1, 0, out)) {
            return out;
        }
    }
    return at::cpu::mm(a, b);
}

Tensor addmm(const Tensor& bias, const Tensor& a, const Tensor& b, const at::Scalar& beta, const at::Scalar& alpha) {
    if (isWorthIt(a, b) && bias.scalar_type() == at::kFloat && beta.to<double>() == 1 && at::is_expandable_to(bias.sizes(), {a.size(0), b.size(1)})) {
        auto out = at::empty({a.size(0), b.size(1)}, a.options());
        out.copy_(bias);
        if (multiply(a, b, alpha.to<float>(), 1, out)) {
            return out;
        }
    }
    return at::cpu::addmm(bias, a, b, beta, alpha);
}

Tensor& addmmInPlace(Tensor& sum, const Tensor& a, const Tensor& b, const at::Scalar& beta, const at::Scalar& alpha) {
    if (isWorthIt(a, b) && sum.sizes() == at::IntArrayRef({a.size(0), b.size(1)}) && multiply(a, b, alpha.to<float>(), beta.to<float>(), sum)) {
        return sum;
    }
    return at::cpu::addmm_(sum, a, b, beta, alpha);
}

#if TM_VERSION_AT_LEAST(2, 0)
namespace warnings = c10::WarningUtils;

struct Silence : c10::WarningHandler {
    void process(const c10::Warning&) override {}
};
#else
namespace warnings = c10::Warning;

struct Silence : c10::WarningHandler {
    void process(const c10::SourceLocation&, const std::string&, const bool) override {}
};
#endif

// Takes the three operators over when the shim is loaded, for as long as the process lives. libtorch warns of every kernel that takes another's place; here that is meant.
[[maybe_unused]] const auto* const taken = [] {
    torch::Library* library = nullptr;
    if (oneDnn()) {
        Silence silence;
        warnings::WarningHandlerGuard guard(&silence);
        library = new torch::Library(torch::Library::IMPL, "aten", c10::DispatchKey::CPU, __FILE__, __LINE__);
        library->impl("mm", TORCH_FN(mm));
        library->impl("addmm", TORCH_FN(addmm));
        library->impl("addmm_", TORCH_FN(addmmInPlace));
    }
    return library;
}();

}  // namespace

}  // namespace products
