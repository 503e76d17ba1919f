// The inner loops of the fused operators (kernels.cpp): plain C++ over rows in memory, which knows no libtorch, so that it can be compiled once for each
// generation of processors. T is the type in memory; sums are taken in Wide<T>, fp32 at least, and rounded once.
#pragma once

#include <cstdint>
#include <cstring>

namespace loops {

struct Bfloat16 {
    uint16_t bits;
};

template <class T>
struct WideOf {
    using type = T;
};
template <>
struct WideOf<Bfloat16> {
    using type = float;
};
template <class T>
using Wide = typename WideOf<T>::type;

template <class T>
struct Loops {
    using A = Wide<T>;
    // y = x s w with s = 1 / sqrt(mean(x²) + epsilon); x s is rounded to T before it meets w where offset is 0, else w + offset is taken in A.
    void (*rmsNorm)(T* y, A* scale, const T* x, const T* weight, A epsilon, A offset, int64_t width);
    // dx = s h − x s³ mean(h x), h = g (w + offset).
    void (*rmsNormBackward)(T* dx, const T* gradient, const T* x, const T* weight, A scale, A offset, int64_t width);
    // y = x cos ± x' sin, x' being x with its halves exchanged.
    void (*turn)(T* y, const T* x, const T* cosine, const T* sine, A direction, int64_t width);
    // y = g / (1 + exp(−g)) u
    void (*swiglu)(T* y, const T* gate, const T* up, int64_t count);
    void (*swigluBackward)(T* ofGate, T* ofUp, const T* gradient, const T* gate, const T* up, int64_t count);
    // y = x / (1 + exp(−1.702 x))
    void (*quickGelu)(T* y, const T* x, int64_t count);
    void (*quickGeluBackward)(T* dx, const T* gradient, const T* x, int64_t count);
    void (*widen)(A* y, const T* x, int64_t count);
    void (*narrow)(T* y, const A* x, int64_t count);
    // In place: the first `seen` scores become weights that sum to 1, the rest of the row 0. Gives the logarithm of the sum of the scores' exponentials.
    A (*softmax)(A* scores, int64_t seen, int64_t width);
    // scores become weights by that logarithm; ofWeights becomes the scores' gradient, weights (ofWeights − along) factor.
    void (*softmaxBackward)(A* scores, A* ofWeights, A logSum, A along, A factor, int64_t seen, int64_t width);
    A (*dot)(const T* x, const T* y, int64_t count);
};

// The table of this processor.
template <class T>
const Loops<T>& best();

}  // namespace loops
