// Chooses among the compilations of loops.cpp by what the processor can do.
#include "loops.h"

namespace loops {

#define LOOPS_DECLARE(version) \
    namespace version {        \
    template <class T>         \
    const Loops<T>& table();   \
    }

LOOPS_DECLARE(any)
#ifdef LOOPS_X86
LOOPS_DECLARE(avx2)
LOOPS_DECLARE(avx512)
#endif

template <class T>
const Loops<T>& best() {
#ifdef LOOPS_X86
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")) {
        return avx512::table<T>();
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return avx2::table<T>();
    }
#endif
    return any::table<T>();
}

template const Loops<float>& best<float>();
template const Loops<double>& best<double>();
template const Loops<Bfloat16>& best<Bfloat16>();

}  // namespace loops
