// Gradients: modes, backward passes, and graph nodes whose backward runs in C#.
#include "shim.h"

#include <ATen/autocast_mode.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/autograd/variable.h>

#include <memory>
#include <vector>

using shim::Handle;
using torch::autograd::Node;
using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

namespace {

variable_list toList(const Handle* handles, int count) {
    variable_list list;
    list.reserve(count);
    for (int i = 0; i < count; i++) {
        list.push_back(shim::share(handles[i]));
    }
    return list;
}

// The callback borrows the output gradients, adopts the saved tensors and gives its input gradients away.
// It returns 0, or 1 with a message in `error`.
using BackwardCallback = int (*)(void* context, const Handle* outputGradients, int outputs, const Handle* saved, int savedCount,
                                 Handle* inputGradients, int inputs, char* error, int errorCapacity);
using FreeCallback = void (*)(void* context);

struct ManagedNode : public Node {
    BackwardCallback backward;
    FreeCallback freeContext;
    void* context;
    int inputs;
    std::vector<SavedVariable> saved;

    variable_list apply(variable_list&& gradients) override {
        TORCH_CHECK(context, "Trying to backward through the graph a second time: the node's saved tensors have been freed. "
                             "Keep them with retain_graph: true.");
        std::vector<Handle> outputGradients, savedHandles, inputGradients(inputs, nullptr);
        for (const auto& gradient : gradients) {
            outputGradients.push_back(gradient.defined() ? gradient.unsafeGetTensorImpl() : nullptr);
        }
        for (auto& variable : saved) {
            savedHandles.push_back(shim::release(variable.unpack(shared_from_this())));
        }
        char error[8192] = "";
        int status = backward(context, outputGradients.data(), static_cast<int>(outputGradients.size()), savedHandles.data(),
                              static_cast<int>(savedHandles.size()), inputGradients.data(), inputs, error, sizeof error);
        variable_list results;
        results.reserve(inputs);
        for (auto handle : inputGradients) {
            results.push_back(shim::adopt(handle));
        }
        TORCH_CHECK(status == 0, error);
        return results;
    }

    void release_variables() override {
        for (auto& variable : saved) {
            variable.reset_data();
        }
        saved.clear();
        dropContext();
    }

    std::string name() const override { return "ManagedNode"; }

    ~ManagedNode() override { dropContext(); }

    void dropContext() {
        if (context) {
            freeContext(context);
            context = nullptr;
        }
    }
};

}  // namespace

TM_API int tm_requires_grad(Handle tensor) { return shim::borrow(tensor).requires_grad(); }
TM_API int tm_is_leaf(Handle tensor) { return shim::borrow(tensor).is_leaf(); }
TM_API Handle tm_grad(Handle tensor) { return shim::release(shim::borrow(tensor).grad()); }

TM_API int tm_set_requires_grad(Handle tensor, int value) {
    return shim::guarded([&] { shim::borrow(tensor).requires_grad_(value != 0); });
}

TM_API int tm_set_grad(Handle tensor, Handle gradient) {
    return shim::guarded([&] {
        auto target = shim::borrow(tensor);
        target.mutable_grad() = shim::share(gradient);
    });
}

TM_API int tm_retain_grad(Handle tensor) {
    return shim::guarded([&] { shim::borrow(tensor).retain_grad(); });
}

TM_API int tm_grad_enabled() { return c10::GradMode::is_enabled(); }

// Autocast keeps what it narrowed; weights that were narrowed without gradients would not pass any on.
TM_API void tm_set_grad_enabled(int value) {
    if (value && !c10::GradMode::is_enabled()) {
        at::autocast::clear_cache();
    }
    c10::GradMode::set_enabled(value != 0);
}

TM_API int tm_inference_enabled() { return c10::InferenceMode::is_enabled(); }
TM_API void* tm_inference_enter(int value) { return new c10::InferenceMode(value != 0); }
TM_API void tm_inference_leave(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }

TM_API int tm_backward(const Handle* tensors, int count, const Handle* gradients, int gradientCount, int retainGraph, int createGraph,
                       const Handle* inputs, int inputCount) {
    return shim::guarded([&] {
        torch::autograd::backward(toList(tensors, count), toList(gradients, gradientCount), retainGraph != 0, createGraph != 0, toList(inputs, inputCount));
    });
}

TM_API int tm_gradients(const Handle* outputs, int outputCount, const Handle* inputs, int inputCount, const Handle* gradients, int gradientCount,
                        int retainGraph, int createGraph, int allowUnused, Handle* results) {
    return shim::guarded([&] {
        auto values = torch::autograd::grad(toList(outputs, outputCount), toList(inputs, inputCount), toList(gradients, gradientCount),
                                            retainGraph != 0, createGraph != 0, allowUnused != 0);
        for (int i = 0; i < inputCount; i++) {
            results[i] = shim::release(values[i]);
        }
    });
}

// Makes the outputs the results of a node whose backward is the callback. The node owns the context from here on, also when this fails.
TM_API int tm_attach_node(const Handle* inputs, int inputCount, const Handle* outputs, int outputCount, const Handle* saved, int savedCount,
                          BackwardCallback backward, FreeCallback freeContext, void* context) {
    return shim::guarded([&] {
        auto node = std::shared_ptr<ManagedNode>(new ManagedNode(), torch::autograd::deleteNode);
        node->backward = backward;
        node->freeContext = freeContext;
        node->context = context;
        node->inputs = inputCount;
        node->set_next_edges(torch::autograd::collect_next_edges(toList(inputs, inputCount)));
        for (int i = 0; i < outputCount; i++) {
            auto output = shim::share(outputs[i]);
            torch::autograd::set_history(output, node);
        }
        for (int i = 0; i < savedCount; i++) {
            bool isOutput = std::find(outputs, outputs + outputCount, saved[i]) != outputs + outputCount;
            node->saved.emplace_back(shim::share(saved[i]), isOutput);
        }
    });
}
