// Random number generators: libtorch's own ones by device, and ones of the caller.
#include "shim.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/core/Generator.h>

#include <mutex>

using shim::Handle;

TM_API int tm_manual_seed(uint64_t seed) {
    return shim::guarded([&] { at::manual_seed(seed); });
}

TM_API int tm_default_generator(int deviceType, int deviceIndex, void** result) {
    return shim::guarded([&] {
        c10::Device device(static_cast<c10::DeviceType>(deviceType), static_cast<c10::DeviceIndex>(deviceIndex));
        *result = new at::Generator(at::globalContext().defaultGenerator(device));
    });
}

TM_API int tm_new_generator(uint64_t seed, void** result) {
    return shim::guarded([&] { *result = new at::Generator(at::detail::createCPUGenerator(seed)); });
}

TM_API void tm_free_generator(void* generator) {
    delete static_cast<at::Generator*>(generator);
}

TM_API int tm_generator_seed(void* generator, uint64_t seed) {
    return shim::guarded([&] {
        auto& target = *static_cast<at::Generator*>(generator);
        std::lock_guard<std::mutex> lock(target.mutex());
        target.set_current_seed(seed);
    });
}

TM_API uint64_t tm_generator_initial_seed(void* generator) {
    return static_cast<at::Generator*>(generator)->current_seed();
}

TM_API int tm_generator_state(void* generator, Handle* state) {
    return shim::guarded([&] {
        auto& source = *static_cast<at::Generator*>(generator);
        std::lock_guard<std::mutex> lock(source.mutex());
        *state = shim::release(source.get_state());
    });
}

TM_API int tm_generator_set_state(void* generator, Handle state) {
    return shim::guarded([&] {
        auto& target = *static_cast<at::Generator*>(generator);
        std::lock_guard<std::mutex> lock(target.mutex());
        target.set_state(shim::borrow(state));
    });
}
