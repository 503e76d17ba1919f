// Matrix products in fp32 on processors by oneDNN, for the shim's own operators and for libtorch's (products.cpp).
#pragma once

#include <cstdint>

namespace products {

// oneDNN's product, c [m, n] = alpha op(a) op(b) + beta c, all of them row by row; 'T' says that the operand lies transposed.
using Sgemm = int (*)(char, char, int64_t, int64_t, int64_t, float, const float*, int64_t, const float*, int64_t, float, float*, int64_t);

// Multiplications below which it is no faster than BLAS.
constexpr int64_t Worth = 400'000;

// Null where libtorch does not bring oneDNN as a library of its own: pip's builds hold it within, and multiply by MKL.
Sgemm oneDnn();

}  // namespace products
