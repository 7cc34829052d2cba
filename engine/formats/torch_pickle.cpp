// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/torch_pickle.h"

#include <emulsion/error.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "engine/json.h"

namespace emulsion::formats {
namespace {

using pickle::Value;

struct StorageType {
    std::string_view name;
    std::size_t element_bytes;
    std::optional<Real> real;
};
constexpr std::array storage_types{
    StorageType{"torch.DoubleStorage", 8, Real::f64}, StorageType{"torch.FloatStorage", 4, Real::f32},
    StorageType{"torch.HalfStorage", 2, Real::f16},   StorageType{"torch.BFloat16Storage", 2, Real::bf16},
    StorageType{"torch.LongStorage", 8, {}},          StorageType{"torch.IntStorage", 4, {}},
    StorageType{"torch.ShortStorage", 2, {}},         StorageType{"torch.CharStorage", 1, {}},
    StorageType{"torch.ByteStorage", 1, {}},          StorageType{"torch.BoolStorage", 1, {}}};

constexpr std::string_view rebuild_tensor = "torch._utils._rebuild_tensor",
                           rebuild_tensor_v2 = "torch._utils._rebuild_tensor_v2",
                           rebuild_parameter = "torch._utils._rebuild_parameter",
                           parameter = "torch.nn.parameter.Parameter";

constexpr auto make_globals() {
    std::array<std::string_view, storage_types.size() + 5> names{
        "collections.OrderedDict", rebuild_tensor, rebuild_tensor_v2, rebuild_parameter, parameter};
    for (std::size_t i = 0; i < storage_types.size(); ++i) names[i + 5] = storage_types[i].name;
    return names;
}
constexpr auto globals = make_globals();

/// Turns nodes of the tree into what they stand for. `place` says where they were met.
class Interpreter {
   public:
    explicit Interpreter(std::string place) : place_(std::move(place)) {}

    TorchStorage storage(const pickle::Persistent& persistent) const {
        const auto& id = of<pickle::Tuple*>(persistent.id, "a storage's id")->items;
        // In the old form a sixth says which part of another storage this one is; None: of none.
        const bool whole = id.size() == 5 || (id.size() == 6 && std::holds_alternative<pickle::None>(id[5]));
        if (!whole || of<std::string_view>(id[0], "a storage's id") != "storage") {
            fail("a persistent id that is no whole storage");
        }
        const auto name = of<pickle::Global>(id[1], "a storage's type").name;
        const auto type = std::find_if(storage_types.begin(), storage_types.end(),
                                       [&](const StorageType& t) { return t.name == name; });
        if (type == storage_types.end()) fail("\"" + std::string(name) + "\" is no type of storage");
        const auto count = of<std::int64_t>(id[4], "a storage's size");
        if (count < 0) fail("a storage of negative size");
        return {name, type->real, type->element_bytes, of<std::string_view>(id[2], "a storage's key"), count};
    }

    TorchTensor tensor(const pickle::Call& call) const {
        if (call.function == rebuild_parameter || call.function == parameter) return tensor(inner(call));
        const auto& arguments = call.arguments->items;
        // Beyond the four: whether it wants gradients, hooks, and (lately, nearly always None) metadata.
        const bool known = (call.function == rebuild_tensor && arguments.size() == 4) ||
                           (call.function == rebuild_tensor_v2 && arguments.size() == 6) ||
                           (call.function == rebuild_tensor_v2 && arguments.size() == 7 &&
                            std::holds_alternative<pickle::None>(arguments[6]));
        if (!known) fail("a call of " + std::string(call.function) + " that is not understood");
        TorchTensor result;
        result.storage = storage(*of<pickle::Persistent*>(arguments[0], "a storage"));
        result.offset = of<std::int64_t>(arguments[1], "an offset");
        result.shape = integers(arguments[2], "a shape");
        result.strides = integers(arguments[3], "strides");
        require_within_storage(result);
        return result;
    }

   private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Error(Error::Kind::data, place_ + ": " + what);
    }

    template <class T>
    T of(const Value& value, const char* what) const {
        const T* result = std::get_if<T>(&value);
        if (result == nullptr) fail(std::string(what) + " is " + pickle::kind(value));
        return *result;
    }

    std::vector<std::int64_t> integers(const Value& value, const char* what) const {
        constexpr std::size_t most_axes = 8;
        const auto& items = of<pickle::Tuple*>(value, what)->items;
        if (items.size() > most_axes)
            fail(std::string(what) + " of " + std::to_string(items.size()) + " axes");
        std::vector<std::int64_t> result;
        for (const Value& item : items) result.push_back(of<std::int64_t>(item, what));
        return result;
    }

    /// The tensor that a parameter wraps: its first argument or, until PyTorch 0.3, the first of five
    /// items of its state.
    const pickle::Call& inner(const pickle::Call& call) const {
        const pickle::Tuple* holder = call.arguments;
        if (call.function == parameter && holder->items.empty()) {
            holder = of<pickle::Tuple*>(call.state, "a parameter's state");
        }
        if (holder->items.empty()) fail("a parameter without a tensor");
        const auto& wrapped = *of<pickle::Call*>(holder->items[0], "a parameter's tensor");
        if (wrapped.function == rebuild_parameter || wrapped.function == parameter) {
            fail("a parameter of a parameter");
        }
        return wrapped;
    }

    void require_within_storage(const TorchTensor& tensor) const {
        const auto& [shape, strides] = std::tie(tensor.shape, tensor.strides);
        const std::int64_t limit = tensor.storage.count;
        if (shape.size() != strides.size()) fail("shape and strides differ in length");
        const auto negative = [](std::int64_t number) { return number < 0; };
        if (negative(tensor.offset) || std::any_of(shape.begin(), shape.end(), negative) ||
            std::any_of(strides.begin(), strides.end(), negative)) {
            fail("a negative offset, extent or stride");
        }
        if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return;  // no element at all
        std::int64_t count = 1, last = tensor.offset;
        bool within = last < limit;
        for (std::size_t i = 0; within && i < shape.size(); ++i) {
            const std::int64_t steps = shape[i] - 1;
            within = shape[i] <= limit / count && (steps == 0 || strides[i] <= (limit - 1 - last) / steps);
            if (!within) break;
            count *= shape[i];
            last += steps * strides[i];
        }
        if (!within) {
            fail("it has elements beyond its storage of " + std::to_string(limit) +
                 ", or repeats them; save a contiguous copy");
        }
    }

    std::string place_;
};

/// A file states a name once and uses it any number of times, each a copy here: none may be long.
constexpr std::size_t longest_name = 512;

/// One that is too long is cut, to be one character too long still.
std::string key_text(const Value& key) {
    if (const auto* text = std::get_if<std::string_view>(&key))
        return std::string(text->substr(0, longest_name + 1));
    if (const auto* number = std::get_if<std::int64_t>(&key)) return std::to_string(*number);
    return std::string("(") + pickle::kind(key) + ')';
}

bool holds_tensors(const pickle::Dict& dict) {
    return std::any_of(dict.items.begin(), dict.items.end(),
                       [](const auto& item) { return std::holds_alternative<pickle::Call*>(item.second); });
}

struct NamedDict {
    std::string prefix;  ///< of the names of its items
    const pickle::Dict* dict;
};

std::string line_of(const NamedDict& in, const std::pair<Value, Value>& item) {
    return json::printable(in.prefix + key_text(item.first)) + ": " + pickle::kind(item.second);
}

/// Dicts within dicts, without those met before and those under long names.
std::vector<NamedDict> next_level(const std::vector<NamedDict>& level, std::set<const pickle::Dict*>& met) {
    std::vector<NamedDict> next;
    for (const auto& [prefix, dict] : level) {
        for (const auto& [key, value] : dict->items) {
            const auto* inner = std::get_if<pickle::Dict*>(&value);
            if (inner == nullptr) continue;
            std::string name = prefix + key_text(key) + '.';
            if (name.size() <= longest_name && met.insert(*inner).second)
                next.push_back({std::move(name), *inner});
        }
    }
    return next;
}

/// Lists what stands beside `found` and the dicts that it is in.
void list_others(const std::vector<NamedDict>& passed, const NamedDict& found,
                 std::vector<std::string>& ignored) {
    for (const NamedDict& each : passed) {
        if (!found.prefix.starts_with(each.prefix)) continue;
        for (const auto& item : each.dict->items) {
            const bool leads_there = found.prefix.starts_with(each.prefix + key_text(item.first) + '.');
            if (!leads_there) ignored.push_back(line_of(each, item));
        }
    }
}

/// The dict that holds tensors; what stands beside it goes to `ignored`.
NamedDict find_dict(const pickle::Dict& root, const std::string& where, std::vector<std::string>& ignored) {
    constexpr int most_levels = 8;
    std::vector<NamedDict> level{{"", &root}}, passed;
    std::set<const pickle::Dict*> met{&root};
    for (int depth = 0; depth < most_levels && !level.empty(); ++depth) {
        std::vector<NamedDict> found;
        std::copy_if(level.begin(), level.end(), std::back_inserter(found),
                     [](const NamedDict& each) { return holds_tensors(*each.dict); });
        if (found.size() > 1) {
            throw Error(Error::Kind::data, where + ": it holds tensors in several dicts, among them \"" +
                                               json::printable(found[0].prefix) + "\" and \"" +
                                               json::printable(found[1].prefix) +
                                               "\"; save the one you want");
        }
        passed.insert(passed.end(), level.begin(), level.end());
        if (found.size() == 1) {
            std::erase_if(passed, [&](const NamedDict& each) { return each.dict == found[0].dict; });
            list_others(passed, found[0], ignored);
            return found[0];
        }
        level = next_level(level, met);
    }
    throw Error(Error::Kind::data, where + ": it holds no dict of tensors");
}

}  // namespace

std::int64_t TorchTensor::count() const {
    std::int64_t product = 1;
    if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
    for (const std::int64_t extent : shape) product *= extent;
    return product;
}

bool TorchTensor::contiguous() const {
    std::int64_t step = 1;
    for (std::size_t i = shape.size(); i-- > 0; step *= shape[i]) {
        if (shape[i] == 0) return true;
        if (shape[i] != 1 && strides[i] != step) return false;
    }
    return true;
}

std::span<const std::string_view> torch_globals() {
    return globals;
}

TorchStateDict torch_state_dict(const pickle::Document& document, const std::string& where) {
    const auto* root = std::get_if<pickle::Dict*>(&document.value);
    if (root == nullptr) {
        throw Error(Error::Kind::data, where + ": it holds " + pickle::kind(document.value) +
                                           ", not a dict of tensors; save the model's state_dict()");
    }
    TorchStateDict result;
    const NamedDict named = find_dict(**root, where, result.ignored);
    std::set<std::string> names;
    for (const auto& item : named.dict->items) {
        const auto* call = std::get_if<pickle::Call*>(&item.second);
        if (call == nullptr) {
            result.ignored.push_back(line_of(named, item));
            continue;
        }
        const std::string name = key_text(item.first);
        const std::string place = where + ": tensor \"" + json::printable(name) + '"';
        if (name.size() > longest_name) throw Error(Error::Kind::data, place + ": so long a name");
        if (!names.insert(name).second) throw Error(Error::Kind::data, place + ": the name stands twice");
        TorchTensor tensor = Interpreter(place).tensor(**call);
        tensor.name = name;
        if (tensor.storage.real.has_value()) {
            result.tensors.push_back(std::move(tensor));
        } else {
            result.ignored.push_back(json::printable(named.prefix + name) + ": a tensor of integers (" +
                                     std::string(tensor.storage.type) + ')');
        }
    }
    if (!std::holds_alternative<pickle::None>(named.dict->state)) {
        result.ignored.emplace_back("the dict's own attributes (_metadata)");
    }
    return result;
}

std::map<std::string_view, TorchStorage> torch_storages(const pickle::Document& document,
                                                        const std::string& where) {
    std::map<std::string_view, TorchStorage> storages;
    for (const pickle::Persistent& persistent : document.persistents) {
        const TorchStorage storage = Interpreter(where).storage(persistent);
        const auto [at, added] = storages.emplace(storage.key, storage);
        if (!added && (at->second.type != storage.type || at->second.count != storage.count)) {
            throw Error(Error::Kind::data, where + ": storage \"" + json::printable(storage.key) +
                                               "\" is described in two ways");
        }
    }
    return storages;
}

}  // namespace emulsion::formats
