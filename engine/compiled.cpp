// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/compiled.h"

#include <algorithm>
#include <set>

#include "emulsion/error.h"
#include "engine/library.h"
#include "engine/net.h"

namespace emulsion {
namespace {

/// The net as it is trained: its last softmax, or its logits, become softmax with cross-entropy.
NetDef for_training(NetDef net) {
    if (net.layers.empty()) return net;
    LayerDef& last = net.layers.back();
    if (last.type == "softmax")
        last.type = "softmax_loss";
    else if (last.type != "softmax_loss" && last.outputs.size() == 1)
        net.layers.push_back({"prob", "softmax_loss", last.outputs, {"prob"}, {}, {}});
    return net;
}

/// Bytes that hold what comes from outside: photos, crops, labels, means.
std::size_t staging_bytes(const Schedule& schedule) {
    std::size_t sum = 0;
    for (const auto& buffer : schedule.buffers) {
        const Role role = schedule.graph.values[static_cast<std::size_t>(buffer.value)].role;
        if (role == Role::photos || role == Role::crops || role == Role::labels || role == Role::mean)
            sum += aligned(buffer.layout.bytes);
    }
    return sum;
}

/// Bytes of packed copies, those that both schedules use counted once.
std::size_t packed_bytes(const Schedule& main, const Schedule* evaluation) {
    std::size_t sum = 0;
    for (const auto& each : main.packed) sum += each.layout.bytes;
    if (evaluation == nullptr) return sum;
    for (const auto& each : evaluation->packed) {
        const bool shared = std::any_of(main.packed.begin(), main.packed.end(), [&](const Packed& other) {
            return other.parameter == each.parameter && other.layout == each.layout;
        });
        if (!shared) sum += each.layout.bytes;
    }
    return sum;
}

/// Refuses a forced implementation that could not run anything at all here, its library absent included. One
/// that lacks an operation is replaced there, or refused when the net is compiled, as Options::strict says.
void check_forced(const std::string& operation, const std::string& folder, const Options& options) {
    bool known = operation == "*";
    std::set<std::string> devices;
    for (int i = 0; i < kernels::op_kind_count; ++i) {
        const auto kind = static_cast<OpKind>(i);
        known = known || operation == kernels::name(kind);
        for (const auto& each : kernels::implementations(kind))
            if (folder == each.name || folder == each.full_name()) devices.insert(kernels::name(each.device));
    }
    if (!known)
        throw Error(Error::Kind::usage,
                    "there is no operation \"" + operation + "\" to choose an implementation for");
    if (devices.empty()) {
        const std::string why = why_not_built(folder);
        throw Error(Error::Kind::device, "there is no implementation \"" + folder + "\" in this build" +
                                             (why.empty() ? "" : ": " + why));
    }
    if (devices.contains(kernels::name(options.device.kind)))
        return require_component(folder, options.device.kind);
    std::string runs_on;
    for (const auto& each : devices) runs_on += (runs_on.empty() ? "" : ", ") + each;
    throw Error(Error::Kind::device, "implementation \"" + folder + "\" does not run on device " +
                                         options.device.name() + ", but on " + runs_on);
}

}  // namespace

Compiled::Compiled(const NetDef& def, Mode mode, const Options& given, const LayerFactory& factory,
                   Device* device)
    : net(mode == Mode::training ? for_training(def) : def) {
    const Options options = resolve(given);
    main = make_schedule(build_graph(net, mode, options, factory), mode, options, device);
    arena_bytes = main.arena_bytes;
    workspace_bytes = main.workspace_bytes;
    if (mode == Mode::training) {
        Options plain = options;
        plain.hold.clear();
        plain.hold_all = false;
        if (options.tuning != Tuning::measure) plain.log = {};  // it was all said of the other
        evaluation = std::make_unique<Schedule>(
            make_schedule(build_graph(net, Mode::inference, plain, factory), Mode::inference, plain, device));
        arena_bytes = std::max(arena_bytes, evaluation->arena_bytes);
        workspace_bytes = std::max(workspace_bytes, evaluation->workspace_bytes);
    }

    memory_plan.parameters =
        static_cast<std::size_t>(flat_layout(main.graph.parameters).count) * sizeof(float);
    if (mode == Mode::training) memory_plan.gradients = memory_plan.momentum = memory_plan.parameters;
    memory_plan.packed = packed_bytes(main, evaluation.get());
    memory_plan.staging = staging_bytes(main);
    memory_plan.activations = arena_bytes - memory_plan.staging;
    memory_plan.unshared = main.unshared_bytes - memory_plan.staging;
    memory_plan.workspace = workspace_bytes;
}

std::vector<StepInfo> Compiled::steps() const {
    if (timed) return timed();
    std::vector<StepInfo> all;
    for (const auto& step : main.steps) all.push_back(describe_step(step));
    return all;
}

FlatLayout flat_layout(const std::vector<Parameter>& parameters) {
    constexpr std::int64_t step = alignment / sizeof(float);
    FlatLayout flat;
    for (const auto& parameter : parameters) {
        flat.offsets.push_back(flat.count);
        flat.count += (parameter.count() + step - 1) / step * step;
    }
    return flat;
}

std::vector<std::string> readable_values(const Schedule& schedule) {
    std::vector<std::pair<int, std::string>> found;
    for (const auto& [name, id] : schedule.graph.by_name)
        if (schedule.graph.values[static_cast<std::size_t>(id)].held && schedule.buffer_of(id) >= 0)
            found.emplace_back(id, name);
    std::sort(found.begin(), found.end());
    std::vector<std::string> names;
    for (auto& [id, name] : found) names.push_back(std::move(name));
    return names;
}

int readable_value(const Schedule& schedule, const std::string& name) {
    const auto found = schedule.graph.by_name.find(name);
    if (found == schedule.graph.by_name.end())
        throw Error(Error::Kind::usage, "the net has no value \"" + name + "\", or a rewrite took it away");
    if (!schedule.graph.values[static_cast<std::size_t>(found->second)].held)
        throw Error(Error::Kind::usage, "value \"" + name + "\" was not kept: name it in Options::hold");
    return found->second;
}

Options resolve(Options options) {
    if (options.threads < 0) throw Error(Error::Kind::usage, "threads must be 0 (all) or more");
    if (options.threads == 0) options.threads = available_threads();
    for (const auto& [operation, folder] : options.implementations) check_forced(operation, folder, options);
    return options;
}

std::unique_ptr<Program> compile(const NetDef& net, Mode mode, const Options& options,
                                 const LayerFactory& factory) {
    // A device is opened only where what was measured on it may count.
    const bool tuned = options.tuning != Tuning::off && !options.tuning_file.empty();
    const auto device = tuned ? open_device(options.device, resolve(options).threads) : nullptr;
    return std::make_unique<Compiled>(net, mode, options, factory, device.get());
}

int largest_batch(const NetDef& net, Mode mode, Options options, std::size_t limit,
                  const LayerFactory& factory) {
    options.log = {};  // of batches that are only considered
    const auto fits = [&](int batch) {
        options.batch = batch;
        return Compiled(net, mode, options, factory).memory().total() <= limit;
    };
    if (!fits(1)) return 0;
    int low = 1, high = 2;
    constexpr int most = 1 << 16;
    while (high <= most && fits(high)) {
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        (fits(middle) ? low : high) = middle;
    }
    return low;
}

std::string too_little_memory(const NetDef& net, Mode mode, Options options, const LayerFactory& factory,
                              const MemoryOutlook& outlook) {
    constexpr std::size_t mebibyte = std::size_t{1} << 20;
    options.log = {};
    const std::size_t needed = Compiled(net, mode, options, factory).memory().total() + outlook.extra;
    std::string text = outlook.device.name() +
                       " is out of memory: " + (mode == Mode::training ? "training " : "") + "net " +
                       net.name + " in batches of " + std::to_string(options.batch) + " needs " +
                       std::to_string((needed + mebibyte - 1) / mebibyte) + " MiB, and " +
                       std::to_string(outlook.free / mebibyte) + " MiB were free; ";
    if (needed <= outlook.free) return text + "other programs, or pieces too small to use, took the rest";
    const std::size_t limit = outlook.free - std::min(outlook.free, outlook.extra);
    const int largest = largest_batch(net, mode, options, limit, factory);
    return text + (largest > 0 ? "the largest batch that fits is " + std::to_string(largest)
                               : "not even one photo fits");
}

}  // namespace emulsion
