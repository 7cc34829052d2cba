// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/trial.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <type_traits>

#include "engine/tolerance.h"

namespace emulsion {
namespace {

using kernels::DataType;
using kernels::Layout;
using kernels::Operation;
using kernels::Plan;

/// More than the last-level cache that falls to a few cores, or that a GPU has (H100: 50 MB).
constexpr std::size_t flush_bytes = std::size_t{128} << 20;

bool updates_in_place(OpKind kind) {
    return kind == OpKind::sgd_update;
}

bool is_result(OpKind kind, Operand o) {
    if (updates_in_place(kind)) return o == Operand::weights || o == Operand::momentum;
    return writes(kind, o) && o != Operand::saved;
}

}  // namespace

CacheFlush::CacheFlush(Device& device) : device_(device), memory_(device.allocate(flush_bytes)) {}

void CacheFlush::flush() {
    if (device_.id().kind != kernels::DeviceKind::cpu) return device_.zero(memory_->data, memory_->bytes);
    // By every thread, since each core has caches of its own.
    ++round_;
    kernels::parallel_for(device_.stream(), static_cast<std::int64_t>(memory_->bytes), 1,
                          [this](std::int64_t begin, std::int64_t end, int) {
                              std::memset(memory_->at(static_cast<std::size_t>(begin)), round_,
                                          static_cast<std::size_t>(end - begin));
                          });
}

/// Memory at a step of its own from a page's edge. Large blocks begin on huge pages, so that operands side by
/// side would meet in the same sets of the caches, which in a net's arena they do not.
class Staggered {
   public:
    std::shared_ptr<Memory> operator()(Device& device, std::size_t bytes) {
        constexpr std::size_t step = 17 * alignment, most = 32;
        const std::size_t offset = step * (taken_++ % most);
        const auto block = device.allocate(bytes + offset);
        return {new Memory{block->at(offset), bytes}, [block](Memory* memory) { delete memory; }};
    }

   private:
    std::size_t taken_ = 0;
};

struct Trial::Impl {
    struct Place {
        Shape shape;
        Layout layout;
        std::shared_ptr<Memory> memory;
    };

    Impl(Device& on, const Operation& op, std::shared_ptr<const Plan> by, const Inputs& inputs,
         const Impl* forward)
        : device(on), operation(op), plan(std::move(by)), workspace(allocate(on, plan->workspace_bytes())) {
        for (int i = 0; i < kernels::operand_count; ++i) place(static_cast<Operand>(i), inputs, forward);
        for (std::size_t i = 0; i < plan->list_layouts().size(); ++i) place_in_list(i, inputs);
        arguments.list = list_pointers;
        pack(inputs);
    }

    void place(Operand o, const Inputs& inputs, const Impl* forward) {
        const Layout& layout = plan->layout(o);
        if (layout.bytes == 0) return;
        const bool kept = o == Operand::saved && !writes(operation.kind, o);
        Place& here = at[o];
        here = {o == Operand::saved ? Shape{} : operand_shape(operation, o), layout, nullptr};
        if (kept) {
            here.memory = forward->at.at(o).memory;
        } else {
            here.memory = allocate(device, layout.bytes);
            const auto given = inputs.at.find(o);
            if (given != inputs.at.end()) {
                bring_in(here, given->second);
            } else if (forward != nullptr && !writes(operation.kind, o) && forward->at.count(o) != 0) {
                const std::vector<float> made = forward->read(forward->at.at(o));
                bring_in(here, std::as_bytes(std::span(made)));
            }
        }
        arguments.set(o, here.memory->data);
    }

    void place_in_list(std::size_t i, const Inputs& inputs) {
        const auto& layout = plan->list_layouts()[i];
        list.push_back({operation.as<kernels::Concat>().src[i], layout, allocate(device, layout.bytes)});
        if (i < inputs.list.size()) bring_in(list.back(), inputs.list[i]);
        list_pointers.push_back(list.back().memory->data);
    }

    void pack(const Inputs& inputs) {
        if (plan->packed().bytes == 0) return;
        const auto& weights = inputs.at.at(Operand::weights);
        plain_weights = device.allocate(weights.size());
        device.copy_in(plain_weights->data, weights.data(), weights.size());
        packed = allocate(device, plan->packed().bytes);
        arguments.set(Operand::weights, packed->data);
        device.run_once([this] { pack_again(); });
    }
    void pack_again() const {
        plan->pack(static_cast<const float*>(plain_weights->data), packed->data, workspace->data,
                   device.stream());
    }

    /// Plain numbers into the layout of a place.
    void bring_in(const Place& to, std::span<const std::byte> plain) const {
        if (to.layout.plain() && to.layout.type != DataType::bf16)
            return device.copy_in(to.memory->data, plain.data(), plain.size());
        const auto staged = device.allocate(plain.size());
        device.copy_in(staged->data, plain.data(), plain.size());
        reorder(to.shape, kernels::plain_layout(to.shape.count()), staged->data, to.layout, to.memory->data);
        device.synchronise();
    }

    std::vector<float> read(const Place& from) const {
        std::vector<float> plain(static_cast<std::size_t>(from.shape.count()));
        if (from.layout.type == DataType::f64) {
            double value = 0;
            device.copy_out(&value, from.memory->data, sizeof value);
            return {static_cast<float>(value)};
        }
        const Layout wanted = kernels::plain_layout(from.shape.count());
        if (from.layout == wanted) {
            device.copy_out(plain.data(), from.memory->data, wanted.bytes);
            return plain;
        }
        const auto staged = device.allocate(wanted.bytes);
        reorder(from.shape, from.layout, from.memory->data, wanted, staged->data);
        device.copy_out(plain.data(), staged->data, wanted.bytes);
        return plain;
    }

    void reorder(const Shape& shape, const Layout& from, const void* src, const Layout& to, void* dst) const {
        kernels::Limits limits;
        limits.threads = device.stream().thread_count();
        Options options;
        options.device = device.id();
        const Choice choice =
            choose({OpKind::reorder, kernels::Reorder{shape, from, to}}, limits, options, "trial");
        const auto scratch = device.allocate(choice.plan->workspace_bytes());
        kernels::Arguments pointers;
        pointers.set(Operand::src, src);
        pointers.set(Operand::dst, dst);
        device.run_once([&] { choice.plan->run(pointers, scratch->data, device.stream()); });
        device.synchronise();
    }

    void run() const { plan->run(arguments, workspace->data, device.stream()); }

    Staggered allocate;
    Device& device;
    Operation operation;
    std::shared_ptr<const Plan> plan;
    std::map<Operand, Place> at;
    std::vector<Place> list;
    std::vector<void*> list_pointers;
    std::shared_ptr<Memory> workspace, plain_weights, packed;
    kernels::Arguments arguments;
};

Trial::Trial(Device& device, const Operation& operation, std::shared_ptr<const Plan> plan,
             const Inputs& inputs, const Trial* forward)
    : impl_(std::make_unique<Impl>(device, operation, std::move(plan), inputs,
                                   forward == nullptr ? nullptr : forward->impl_.get())) {}
Trial::~Trial() = default;

void Trial::run() {
    impl_->device.run_once([this] { impl_->run(); });
}

double Trial::time(CacheFlush* flush) {
    if (flush != nullptr) flush->flush();
    return impl_->device.time([this] { impl_->run(); });
}

double Trial::time_packing() {
    if (!impl_->packed) return 0;
    return impl_->device.time([this] { impl_->pack_again(); });
}

Outputs Trial::outputs() const {
    Outputs outputs;
    for (const auto& [operand, place] : impl_->at)
        if (is_result(impl_->operation.kind, operand)) outputs.at[operand] = impl_->read(place);
    if (impl_->operation.kind == OpKind::concat_backward)
        for (const auto& place : impl_->list) outputs.list.push_back(impl_->read(place));
    return outputs;
}

const Plan& Trial::plan() const {
    return *impl_->plan;
}

namespace {

/// The trial of an operation by the last of its list, run.
std::unique_ptr<Trial> readable(Device& device, const Operation& operation, const Inputs& inputs,
                                const Trial* forward) {
    const kernels::Implementation& last = kernels::implementations(operation.kind).back();
    kernels::Limits limits;
    limits.threads = device.stream().thread_count();
    limits.training = true;
    if (forward != nullptr) limits.forward = &forward->plan();
    auto trial = std::make_unique<Trial>(device, operation, last.plan(operation, limits), inputs, forward);
    trial->run();
    return trial;
}

}  // namespace

Reference::Reference(const Operation& operation, const Inputs& inputs, int threads) : operation_(operation) {
    const auto cpu = open_device({}, threads);
    std::unique_ptr<Trial> forward;
    if (const auto before = forward_of(operation)) {
        forward = readable(*cpu, *before, random_inputs(*before, inputs.seed, inputs.precision), nullptr);
    }
    expected_ = readable(*cpu, operation, inputs, forward.get())->outputs();
}

std::string Reference::complaint(const Outputs& tested, kernels::Precision precision) const {
    // Both results err, the worst of a million elements lies five deviations out, and beside the sum there
    // are a few roundings more: a bias, a scale, a power. In bf16 a plan may put out bf16, or (as cuDNN does
    // with gradients of weights) make bf16 and widen it, and may have kept bf16 before.
    constexpr double margin = 4, beside = 8 * 0x1p-24;
    const double stored = precision == kernels::Precision::bf16 ? 2 * 0x1p-9 : 0;
    const double allowed = margin * (rounding(operation_, precision) + beside + stored);
    const auto judge = [&](const std::string& what, const std::vector<float>& got,
                           const std::vector<float>& wanted) -> std::string {
        const double error = difference(got, wanted).relative();
        if (error <= allowed) return {};
        char text[96];
        std::snprintf(text, sizeof text, " is off by %.1e of its largest value, and may be by %.1e", error,
                      allowed);
        return what + text;
    };
    for (const auto& [operand, wanted] : expected_.at) {
        const auto got = tested.at.find(operand);
        if (got == tested.at.end()) return std::string(kernels::name(operand)) + " was not written";
        if (auto wrong = judge(kernels::name(operand), got->second, wanted); !wrong.empty()) return wrong;
    }
    for (std::size_t i = 0; i < expected_.list.size(); ++i)
        if (auto wrong = judge("source " + std::to_string(i), tested.list.at(i), expected_.list[i]);
            !wrong.empty())
            return wrong;
    return {};
}

}  // namespace emulsion
