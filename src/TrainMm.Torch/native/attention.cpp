// Attention of our own for processors: `trainmm::attention` and its gradient. A block of one head's queries is one thread's work, from its scores to its result: the whole matrix of scores is never in memory, what a causal mask hides is mostly not computed, and no thread waits for another between the products.
// The scores are made again for the gradient (FlashAttention, arXiv:2205.14135, without its tiling of keys, which a processor's caches do not ask for at these lengths).
#include "shim.h"

#include "kernels.h"
#include "products.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <dlfcn.h>

#include <cmath>
#include <vector>

namespace {

using at::Tensor;

// Queries whose scores are in memory at once: few enough for the second level of cache, many enough for a matrix product.
constexpr int64_t Block = 128;

template <class A>
using Gemm = void (*)(const char*, const char*, const int*, const int*, const int*, const A*, const A*, const int*, const A*, const int*, const A*, A*, const int*);

// The matrix product of whichever BLAS libtorch is bound to; null where it shows none.
template <class A>
Gemm<A> findGemm() {
    const char* name = std::is_same_v<A, float> ? "sgemm_" : "dgemm_";
    for (const char* library : {"libblas.so.3", "libtorch_cpu.so"}) {
        if (void* handle = dlopen(library, RTLD_LAZY | RTLD_NOLOAD)) {
            if (void* symbol = dlsym(handle, name)) {
                return reinterpret_cast<Gemm<A>>(symbol);
            }
        }
    }
    return nullptr;
}

// c [m, n] = alpha op(a) op(b) + beta c, all of them row by row; ‘across’ says that the operand lies transposed.
template <class A>
void multiply(bool aAcross, bool bAcross, int64_t m, int64_t n, int64_t k, A alpha, const A* a, int64_t aStride, const A* b, int64_t bStride, A beta, A* c, int64_t cStride) {
    if constexpr (std::is_same_v<A, float>) {
        if (products::oneDnn() && m * n * k >= products::Worth &&
            products::oneDnn()(aAcross ? 'T' : 'N', bAcross ? 'T' : 'N', m, n, k, alpha, a, aStride, b, bStride, beta, c, cStride) == 0) {
            return;
        }
    }
    static const Gemm<A> gemm = findGemm<A>();
    if (gemm) {
        // BLAS counts by columns: the transposed product is asked for, with the operands exchanged.
        int rows = n, columns = m, inner = k, first = bStride, second = aStride, result = cStride;
        gemm(bAcross ? "T" : "N", aAcross ? "T" : "N", &rows, &columns, &inner, &alpha, b, &first, a, &second, &beta, c, &result);
        return;
    }
    auto options = at::TensorOptions().dtype(c10::CppTypeToScalarType<A>::value);
    auto left = at::from_blob(const_cast<A*>(a), {m, k}, {aAcross ? 1 : aStride, aAcross ? aStride : 1}, options);
    auto right = at::from_blob(const_cast<A*>(b), {k, n}, {bAcross ? 1 : bStride, bAcross ? bStride : 1}, options);
    auto out = at::from_blob(c, {m, n}, {cStride, 1}, options);
    at::addmm_out(out, out, left, right, beta, alpha);
}

// Rows of one head in the wide type: where they lie, if that is their type, else a widened copy.
template <class T>
struct Rows {
    using A = loops::Wide<T>;
    const A* data;
    int64_t stride;
    std::vector<A> copy;

    Rows(const Tensor& tensor, int64_t b, int64_t head, int64_t first, int64_t count) {
        auto width = tensor.size(3);
        auto source = static_cast<const T*>(tensor.data_ptr()) + b * tensor.stride(0) + head * tensor.stride(1) + first * tensor.stride(2);
        if constexpr (std::is_same_v<T, A>) {
            data = source;
            stride = tensor.stride(2);
        } else {
            copy.resize(count * width);
            for (int64_t i = 0; i < count; i++) {
                loops::best<T>().widen(copy.data() + i * width, source + i * tensor.stride(2), width);
            }
            data = copy.data();
            stride = width;
        }
    }
};

// A span of tokens that look at one another, and at nothing else.
struct Span {
    int64_t row, first, length, keyFirst, keyLength;
};

std::vector<Span> spansOf(const Tensor& spans, const Tensor& queries, const Tensor& keys, bool isCausal) {
    TORCH_CHECK(spans.dim() == 2 && spans.size(1) == 5 && spans.scalar_type() == at::kLong && spans.is_contiguous() && spans.device().is_cpu(), "spans are [n, 5] int64");
    std::vector<Span> list(spans.size(0));
    auto values = spans.data_ptr<int64_t>();
    for (size_t i = 0; i < list.size(); i++) {
        auto v = values + i * 5;
        list[i] = {v[0], v[1], v[2], v[3], v[4]};
        TORCH_CHECK(v[0] >= 0 && v[0] < queries.size(0) && v[1] >= 0 && v[2] >= 0 && v[1] + v[2] <= queries.size(2) && v[3] >= 0 && v[4] >= 1 && v[3] + v[4] <= keys.size(2) && (!isCausal || v[2] == v[4]),
                    "a span lies outside of the tokens, or is causal with other keys than queries");
    }
    return list;
}

void check(const Tensor& queries, const Tensor& keys, const Tensor& values) {
    for (const auto* tensor : {&queries, &keys, &values}) {
        TORCH_CHECK(tensor->dim() == 4 && tensor->stride(3) == 1 && tensor->scalar_type() == queries.scalar_type() && tensor->size(0) == queries.size(0) &&
                        tensor->size(3) == queries.size(3) && tensor->device().is_cpu(),
                    "queries, keys and values are [B, heads, T, d] of one type");
    }
    TORCH_CHECK(keys.size(1) == values.size(1) && keys.size(2) == values.size(2) && queries.size(1) % keys.size(1) == 0, "keys and values do not fit the queries");
}

// How many of a span's keys the query i of it sees.
int64_t seenBy(const Span& span, int64_t i, bool isCausal) { return isCausal ? std::min(i + 1, span.keyLength) : span.keyLength; }

template <class T>
struct Attention {
    using A = loops::Wide<T>;
    const Tensor &queries, &keys, &values;
    bool isCausal;
    A scale;
    int64_t width = queries.size(3), heads = queries.size(1), groups = queries.size(1) / keys.size(1);
    const loops::Loops<T>& best = loops::best<T>();
    const loops::Loops<A>& wide = loops::best<A>();

    // The queries of one block: out [B, T, heads, d], logSums [B, heads, T].
    void forward(const Span& span, int64_t begin, int64_t head, const Tensor& out, const Tensor& logSums) const {
        auto count = std::min(Block, span.length - begin), seen = seenBy(span, begin + count - 1, isCausal);
        Rows<T> q(queries, span.row, head, span.first + begin, count), k(keys, span.row, head / groups, span.keyFirst, seen), v(values, span.row, head / groups, span.keyFirst, seen);
        std::vector<A> scores(count * seen), mixed(count * width);
        auto logSum = static_cast<A*>(logSums.data_ptr()) + (span.row * heads + head) * queries.size(2) + span.first + begin;
        auto target = static_cast<T*>(out.data_ptr()) + ((span.row * queries.size(2) + span.first + begin) * heads + head) * width;
        multiply<A>(false, true, count, seen, width, scale, q.data, q.stride, k.data, k.stride, 0, scores.data(), seen);
        for (int64_t i = 0; i < count; i++) {
            logSum[i] = wide.softmax(scores.data() + i * seen, seenBy(span, begin + i, isCausal), seen);
        }
        multiply<A>(false, false, count, width, seen, 1, scores.data(), seen, v.data, v.stride, 0, mixed.data(), width);
        for (int64_t i = 0; i < count; i++) {
            best.narrow(target + i * heads * width, mixed.data() + i * width, width);
        }
    }

    // All query heads that share one head of keys: only their sum goes to its gradient.
    void backward(const Span& span, int64_t keyHead, const Tensor& gradient, const Tensor& out, const Tensor& logSums, const Tensor& ofQ, const Tensor& ofK, const Tensor& ofV) const {
        Rows<T> k(keys, span.row, keyHead, span.keyFirst, span.keyLength), v(values, span.row, keyHead, span.keyFirst, span.keyLength);
        std::vector<A> sumK(span.keyLength * width), sumV(span.keyLength * width), scores(Block * span.keyLength), ofWeights(Block * span.keyLength), mixed(Block * width);
        for (auto head = keyHead * groups; head < (keyHead + 1) * groups; head++) {
            Rows<T> q(queries, span.row, head, span.first, span.length), g(gradient, span.row, head, span.first, span.length), o(out, span.row, head, span.first, span.length);
            auto logSum = static_cast<A*>(logSums.data_ptr()) + (span.row * heads + head) * queries.size(2) + span.first;
            auto target = static_cast<T*>(ofQ.data_ptr()) + ((span.row * queries.size(2) + span.first) * heads + head) * width;
            for (int64_t begin = 0; begin < span.length; begin += Block) {
                auto count = std::min(Block, span.length - begin), seen = seenBy(span, begin + count - 1, isCausal);
                auto qs = q.data + begin * q.stride, gs = g.data + begin * g.stride;
                multiply<A>(false, true, count, seen, width, scale, qs, q.stride, k.data, k.stride, 0, scores.data(), seen);
                multiply<A>(false, true, count, seen, width, 1, gs, g.stride, v.data, v.stride, 0, ofWeights.data(), seen);
                for (int64_t i = 0; i < count; i++) {
                    auto along = wide.dot(gs + i * g.stride, o.data + (begin + i) * o.stride, width);
                    wide.softmaxBackward(scores.data() + i * seen, ofWeights.data() + i * seen, logSum[begin + i], along, scale, seenBy(span, begin + i, isCausal), seen);
                }
                multiply<A>(true, false, seen, width, count, 1, scores.data(), seen, gs, g.stride, 1, sumV.data(), width);
                multiply<A>(true, false, seen, width, count, 1, ofWeights.data(), seen, qs, q.stride, 1, sumK.data(), width);
                multiply<A>(false, false, count, width, seen, 1, ofWeights.data(), seen, k.data, k.stride, 0, mixed.data(), width);
                for (int64_t i = 0; i < count; i++) {
                    best.narrow(target + (begin + i) * heads * width, mixed.data() + i * width, width);
                }
            }
        }
        for (int64_t i = 0; i < span.keyLength; i++) {
            auto place = ((span.row * keys.size(2) + span.keyFirst + i) * keys.size(1) + keyHead) * width;
            best.narrow(static_cast<T*>(ofK.data_ptr()) + place, sumK.data() + i * width, width);
            best.narrow(static_cast<T*>(ofV.data_ptr()) + place, sumV.data() + i * width, width);
        }
    }
};

// queries [B, heads, T, d], keys and values [B, key heads, S, d], spans [n, 5] (row, first query, queries, first key, keys) → [B, heads, T, d], which lies as [B, T, heads, d],
// and the logarithms of the softmax's sums, [B, heads, T]. Queries in no span give 0.
std::tuple<Tensor, Tensor> attention(const Tensor& queries, const Tensor& keys, const Tensor& values, const Tensor& spans, bool isCausal) {
    check(queries, keys, values);
    auto list = spansOf(spans, queries, keys, isCausal);
    auto heads = queries.size(1);
    auto out = at::zeros({queries.size(0), queries.size(2), heads, queries.size(3)}, queries.options());
    auto logSums = at::zeros({queries.size(0), heads, queries.size(2)}, queries.options().dtype(kernels::wideTypeOf(queries)));
    kernels::forTypeOf(queries, [&](auto type) {
        using T = decltype(type);
        Attention<T> work{queries, keys, values, isCausal, static_cast<loops::Wide<T>>(1 / std::sqrt(static_cast<double>(queries.size(3))))};
        std::vector<std::pair<const Span*, int64_t>> blocks;
        for (const auto& span : list) {
            for (int64_t first = 0; first < span.length; first += Block) {
                blocks.emplace_back(&span, first);
            }
        }
        at::parallel_for(0, static_cast<int64_t>(blocks.size()) * heads, 1, [&](int64_t begin, int64_t end) {
            for (auto i = begin; i < end; i++) {
                const auto& [span, first] = blocks[i / heads];
                work.forward(*span, first, i % heads, out, logSums);
            }
        });
    });
    return {out.transpose(1, 2), logSums};
}

std::tuple<Tensor, Tensor, Tensor> attentionBackward(const Tensor& gradient, const Tensor& queries, const Tensor& keys, const Tensor& values, const Tensor& out,
                                                     const Tensor& logSums, const Tensor& spans, bool isCausal) {
    check(queries, keys, values);
    auto list = spansOf(spans, queries, keys, isCausal);
    auto g = gradient.stride(3) == 1 ? gradient : gradient.contiguous();
    auto keyHeads = keys.size(1);
    auto ofQ = at::zeros({queries.size(0), queries.size(2), queries.size(1), queries.size(3)}, queries.options());
    auto ofK = at::zeros({keys.size(0), keys.size(2), keyHeads, keys.size(3)}, keys.options());
    auto ofV = at::zeros_like(ofK);
    kernels::forTypeOf(queries, [&](auto type) {
        using T = decltype(type);
        Attention<T> work{queries, keys, values, isCausal, static_cast<loops::Wide<T>>(1 / std::sqrt(static_cast<double>(queries.size(3))))};
        at::parallel_for(0, static_cast<int64_t>(list.size()) * keyHeads, 1, [&](int64_t begin, int64_t end) {
            for (auto i = begin; i < end; i++) {
                work.backward(list[i / keyHeads], i % keyHeads, g, out, logSums, ofQ, ofK, ofV);
            }
        });
    });
    return {ofQ.transpose(1, 2), ofK.transpose(1, 2), ofV.transpose(1, 2)};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(trainmm, library) {
    library.def("attention(Tensor queries, Tensor keys, Tensor values, Tensor spans, bool is_causal) -> (Tensor, Tensor)", attention);
    library.def("attention_backward(Tensor gradient, Tensor queries, Tensor keys, Tensor values, Tensor out, Tensor log_sums, Tensor spans, bool is_causal) -> (Tensor, Tensor, Tensor)", attentionBackward);
}
