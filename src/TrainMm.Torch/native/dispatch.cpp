// Calls any operator of the dispatcher by name with boxed arguments.
#include "shim.h"

#include <ATen/core/Generator.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <memory>
#include <vector>

using shim::Handle;

namespace {

// Shared with Interop/Value.cs.
enum class Tag : int32_t { None, Tensor, Int, Double, Bool, Ints, Doubles, Bools, Tensors, OptionalTensors, String, Device, Generator };

struct Value {
    Tag tag;
    int32_t count;
    union {
        int64_t integer;
        double real;
        void* pointer;
    };
};

// `places` maps the caller's arguments to the schema's when they were bound by name; the rest take their defaults.
struct BoundOperator {
    c10::OperatorHandle handle;
    std::vector<size_t> places;
    std::vector<c10::IValue> defaults;
};

c10::IValue toTensorList(const Value& value) {
    c10::List<at::Tensor> list;
    list.reserve(value.count);
    auto handles = static_cast<Handle*>(value.pointer);
    for (int32_t i = 0; i < value.count; i++) {
        list.push_back(shim::share(handles[i]));
    }
    return list;
}

c10::IValue toOptionalTensorList(const Value& value) {
    c10::impl::GenericList list(c10::OptionalType::create(c10::TensorType::get()));
    auto handles = static_cast<Handle*>(value.pointer);
    for (int32_t i = 0; i < value.count; i++) {
        list.push_back(handles[i] ? c10::IValue(shim::borrow(handles[i])) : c10::IValue());
    }
    return c10::IValue(list);
}

c10::IValue toBoolList(const Value& value) {
    c10::List<bool> list;
    for (int32_t i = 0; i < value.count; i++) {
        list.push_back(static_cast<uint8_t*>(value.pointer)[i] != 0);
    }
    return list;
}

c10::IValue toIValue(const Value& value) {
    switch (value.tag) {
        case Tag::None: return {};
        case Tag::Tensor: return value.pointer ? c10::IValue(shim::borrow(reinterpret_cast<const Handle&>(value.pointer))) : c10::IValue();
        case Tag::Int: return value.integer;
        case Tag::Double: return value.real;
        case Tag::Bool: return value.integer != 0;
        case Tag::Ints: return c10::IValue(at::IntArrayRef(static_cast<int64_t*>(value.pointer), value.count));
        case Tag::Doubles: return c10::IValue(at::ArrayRef<double>(static_cast<double*>(value.pointer), value.count));
        case Tag::Bools: return toBoolList(value);
        case Tag::Tensors: return toTensorList(value);
        case Tag::OptionalTensors: return toOptionalTensorList(value);
        case Tag::String: return std::string(static_cast<const char*>(value.pointer), value.count);
        case Tag::Device: return c10::Device(static_cast<c10::DeviceType>(value.count), static_cast<c10::DeviceIndex>(value.integer));
        case Tag::Generator: return *static_cast<at::Generator*>(value.pointer);
    }
    TORCH_CHECK(false, "unknown argument tag ", static_cast<int32_t>(value.tag));
}

void fromIValue(c10::IValue& source, Value& target) {
    target.count = 0;
    target.integer = 0;
    if (source.isTensor()) {
        target.tag = Tag::Tensor;
        target.pointer = shim::release(std::move(source).toTensor());
    } else if (source.isInt()) {
        target.tag = Tag::Int;
        target.integer = source.toInt();
    } else if (source.isDouble()) {
        target.tag = Tag::Double;
        target.real = source.toDouble();
    } else if (source.isBool()) {
        target.tag = Tag::Bool;
        target.integer = source.toBool();
    } else if (source.isNone()) {
        target.tag = Tag::None;
    } else if (source.isTensorList()) {
        auto tensors = source.toTensorVector();
        auto handles = new Handle[tensors.size()];
        for (size_t i = 0; i < tensors.size(); i++) {
            handles[i] = shim::release(std::move(tensors[i]));
        }
        target.tag = Tag::Tensors;
        target.count = static_cast<int32_t>(tensors.size());
        target.pointer = handles;
    } else {
        TORCH_CHECK(false, "a result of type ", source.tagKind(), " is not supported");
    }
}

size_t placeOf(const c10::FunctionSchema& schema, const std::string& name) {
    const auto& arguments = schema.arguments();
    for (size_t i = 0; i < arguments.size(); i++) {
        if (arguments[i].name() == name) {
            return i;
        }
    }
    TORCH_CHECK(false, "operator ", schema.operator_name(), " of this libtorch has no argument '", name, "'");
}

void fillStack(const BoundOperator& bound, const Value* arguments, int count, torch::jit::Stack& stack) {
    const auto& schema = bound.handle.schema().arguments();
    stack.reserve(schema.size());
    if (bound.places.empty()) {
        TORCH_CHECK(static_cast<size_t>(count) <= schema.size(), "operator ", bound.handle.operator_name(), " takes ", schema.size(), " arguments, not ", count);
        for (int i = 0; i < count; i++) {
            stack.push_back(toIValue(arguments[i]));
        }
    } else {
        stack = bound.defaults;
        for (int i = 0; i < count; i++) {
            stack[bound.places[i]] = toIValue(arguments[i]);
        }
        return;
    }
    for (size_t i = count; i < schema.size(); i++) {
        TORCH_CHECK(schema[i].default_value(), "operator ", bound.handle.operator_name(), " needs its argument '", schema[i].name(), "'");
        stack.push_back(*schema[i].default_value());
    }
}

}  // namespace

// 1 when this libtorch has the operator.
TM_API int tm_has_operator(const char* name, const char* overload) {
    return c10::Dispatcher::singleton().findSchema({name, overload}).has_value();
}

// Finds an operator; `names` (separated by commas) binds the arguments of later calls by name, empty binds them in order.
TM_API int tm_operator(const char* name, const char* overload, const char* names, void** result) {
    return shim::guarded([&] {
        auto bound = std::make_unique<BoundOperator>(BoundOperator{c10::Dispatcher::singleton().findSchemaOrThrow(name, overload), {}, {}});
        const auto& schema = bound->handle.schema();
        std::string rest = names;
        while (!rest.empty()) {
            auto comma = rest.find(',');
            bound->places.push_back(placeOf(schema, rest.substr(0, comma)));
            rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
        }
        for (const auto& argument : schema.arguments()) {
            bound->defaults.push_back(argument.default_value() ? *argument.default_value() : c10::IValue());
        }
        *result = bound.release();
    });
}

// Calls an operator. At most `capacity` results are handed back; a caller that wants none (an in-place operator) passes 0.
TM_API int tm_call(void* op, const Value* arguments, int count, Value* results, int capacity, int* resultCount) {
    return shim::guarded([&] {
        const auto& bound = *static_cast<BoundOperator*>(op);
        torch::jit::Stack stack;
        fillStack(bound, arguments, count, stack);
        bound.handle.callBoxed(stack);
        int kept = std::min(capacity, static_cast<int>(stack.size()));
        for (int i = 0; i < kept; i++) {
            fromIValue(stack[i], results[i]);
        }
        *resultCount = kept;
    });
}

TM_API void tm_free_handles(Handle* handles) {
    delete[] handles;
}
