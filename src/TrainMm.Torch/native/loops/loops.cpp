// Compiled several times, with LOOPS_VERSION naming the generation of processors; see CMakeLists.txt.
#include "loops.h"

#include <cmath>

namespace loops::LOOPS_VERSION {

inline float load(float x) { return x; }
inline double load(double x) { return x; }
inline float load(Bfloat16 x) {
    uint32_t bits = static_cast<uint32_t>(x.bits) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

inline void store(float& to, float x) { to = x; }
inline void store(double& to, double x) { to = x; }
// To the nearest, ties to even; what is not a number stays none.
inline void store(Bfloat16& to, float x) {
    uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    to.bits = static_cast<uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : rounded);
}

template <class T, class A>
inline A rounded(A x) {
    T memory;
    store(memory, x);
    return load(memory);
}

// e^x for fp32 without a branch, so that loops of it become vector code: e^x = 2^n e^r with |r| <= ln 2 / 2 and the Taylor polynomial of degree 7 for e^r,
// whose remainder is below 1e-8; ln 2 is split in two so that n ln 2 is exact. Beyond ±87 it keeps to the ends of fp32's normal numbers.
inline float exponential(float x) {
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    float n = std::nearbyint(x * 1.44269504f);
    float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float series = 1.0f / 5040;
    series = series * r + 1.0f / 720;
    series = series * r + 1.0f / 120;
    series = series * r + 1.0f / 24;
    series = series * r + 1.0f / 6;
    series = series * r + 0.5f;
    series = series * r + 1.0f;
    series = series * r + 1.0f;
    int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
    float power;
    std::memcpy(&power, &bits, sizeof power);
    return series * power;
}
inline double exponential(double x) { return std::exp(x); }

template <class A>
inline A sigmoid(A x) {
    return 1 / (1 + exponential(-x));
}

template <class T, class A = Wide<T>>
void rmsNorm(T* y, A* scale, const T* x, const T* weight, A epsilon, A offset, int64_t width) {
    A sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < width; i++) sum += load(x[i]) * load(x[i]);
    A s = 1 / std::sqrt(sum / width + epsilon);
    *scale = s;
    if (offset == 0) {
#pragma omp simd
        for (int64_t i = 0; i < width; i++) store(y[i], rounded<T>(load(x[i]) * s) * load(weight[i]));
    } else {
#pragma omp simd
        for (int64_t i = 0; i < width; i++) store(y[i], load(x[i]) * s * (load(weight[i]) + offset));
    }
}

template <class T, class A = Wide<T>>
void rmsNormBackward(T* dx, const T* gradient, const T* x, const T* weight, A scale, A offset, int64_t width) {
    A sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < width; i++) sum += load(gradient[i]) * (load(weight[i]) + offset) * load(x[i]);
    A along = sum / width * scale * scale * scale;
#pragma omp simd
    for (int64_t i = 0; i < width; i++) store(dx[i], load(gradient[i]) * (load(weight[i]) + offset) * scale - load(x[i]) * along);
}

template <class T, class A = Wide<T>>
void turn(T* y, const T* x, const T* cosine, const T* sine, A direction, int64_t width) {
    int64_t half = width / 2;
#pragma omp simd
    for (int64_t i = 0; i < half; i++) store(y[i], load(x[i]) * load(cosine[i]) + direction * load(x[i + half]) * load(sine[i]));
#pragma omp simd
    for (int64_t i = half; i < width; i++) store(y[i], load(x[i]) * load(cosine[i]) + direction * load(x[i - half]) * load(sine[i]));
}

template <class T, class A = Wide<T>>
void swiglu(T* y, const T* gate, const T* up, int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) store(y[i], load(gate[i]) * sigmoid(load(gate[i])) * load(up[i]));
}

template <class T, class A = Wide<T>>
void swigluBackward(T* ofGate, T* ofUp, const T* gradient, const T* gate, const T* up, int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) {
        A x = load(gate[i]), g = load(gradient[i]), s = sigmoid(x), u = load(up[i]);
        store(ofUp[i], g * x * s);
        store(ofGate[i], g * u * s * (1 + x * (1 - s)));
    }
}

template <class T, class A = Wide<T>>
void quickGelu(T* y, const T* x, int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) store(y[i], load(x[i]) * sigmoid(A(1.702) * load(x[i])));
}

template <class T, class A = Wide<T>>
void quickGeluBackward(T* dx, const T* gradient, const T* x, int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) {
        A z = A(1.702) * load(x[i]), s = sigmoid(z);
        store(dx[i], load(gradient[i]) * s * (1 + z * (1 - s)));
    }
}

template <class T, class A = Wide<T>>
void widen(A* y, const T* x, int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) y[i] = load(x[i]);
}

template <class T, class A = Wide<T>>
void narrow(T* y, const A* x, int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) store(y[i], x[i]);
}

template <class A>
A softmax(A* scores, int64_t seen, int64_t width) {
    A most = scores[0];
#pragma omp simd reduction(max : most)
    for (int64_t i = 0; i < seen; i++) most = scores[i] > most ? scores[i] : most;
    A sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < seen; i++) {
        scores[i] = exponential(scores[i] - most);
        sum += scores[i];
    }
    A share = 1 / sum;
#pragma omp simd
    for (int64_t i = 0; i < seen; i++) scores[i] *= share;
    for (int64_t i = seen; i < width; i++) scores[i] = 0;
    return most + std::log(sum);
}

template <class A>
void softmaxBackward(A* scores, A* ofWeights, A logSum, A along, A factor, int64_t seen, int64_t width) {
#pragma omp simd
    for (int64_t i = 0; i < seen; i++) {
        scores[i] = exponential(scores[i] - logSum);
        ofWeights[i] = scores[i] * (ofWeights[i] - along) * factor;
    }
    for (int64_t i = seen; i < width; i++) scores[i] = ofWeights[i] = 0;
}

template <class T, class A = Wide<T>>
A dot(const T* x, const T* y, int64_t count) {
    A sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < count; i++) sum += load(x[i]) * load(y[i]);
    return sum;
}

template <class T>
const Loops<T>& table() {
    static constexpr Loops<T> loops = {rmsNorm<T>, rmsNormBackward<T>, turn<T>, swiglu<T>, swigluBackward<T>, quickGelu<T>, quickGeluBackward<T>,
                                       widen<T>, narrow<T>, softmax<Wide<T>>, softmaxBackward<Wide<T>>, dot<T>};
    return loops;
}

template const Loops<float>& table<float>();
template const Loops<double>& table<double>();
template const Loops<Bfloat16>& table<Bfloat16>();

}  // namespace loops::LOOPS_VERSION
