// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/net.h"

#include <algorithm>
#include <cmath>

#include "emulsion/error.h"
#include "engine/section.h"

namespace emulsion {
namespace {

using kernels::DataType;

/// Whether a block of numbers, padding included, holds a NaN or an infinity.
bool all_finite(const void* data, const kernels::Layout& layout) {
    if (layout.type == DataType::f32) {
        const auto* x = static_cast<const float*>(data);
        for (std::size_t i = 0; i < layout.bytes / sizeof *x; ++i)
            if (!std::isfinite(x[i])) return false;
    } else if (layout.type == DataType::bf16) {
        const auto* x = static_cast<const std::uint16_t*>(data);
        constexpr std::uint16_t exponent = 0x7F80;  // all ones: NaN or infinity
        for (std::size_t i = 0; i < layout.bytes / sizeof *x; ++i)
            if ((x[i] & exponent) == exponent) return false;
    }
    return true;
}

/// Runs `work`; what kernels complain of becomes an error that says whose work it was.
template <class Name, class Work>
void told_of(Name&& name, Work&& work) {
    try {
        work();
    } catch (const kernels::OutOfMemory&) {
        throw;  // the device tells what it had
    } catch (const kernels::KernelError& error) {
        throw Error(Error::Kind::failure, name() + ": " + error.what());
    }
}

std::string describe_packing(const Packed& packed) {
    return "layer " + packed.layer + ": packing of weights by " + packed.plan->variant();
}

}  // namespace

std::shared_ptr<Memory> PackedWeights::get(Device& device, const Packed& wanted, const float* weights,
                                           void* workspace) {
    for (const auto& copy : copies_)
        if (copy.parameter == wanted.parameter && copy.layout == wanted.layout) return copy.memory;
    auto memory = device.allocate(wanted.layout.bytes);
    device.run_once([&] {
        told_of([&] { return describe_packing(wanted); },
                [&] { wanted.plan->pack(weights, memory->data, workspace, device.stream()); });
    });
    copies_.push_back({wanted.parameter, wanted.layout, memory});
    return memory;
}

std::size_t PackedWeights::bytes() const {
    std::size_t sum = 0;
    for (const auto& copy : copies_) sum += copy.memory->bytes;
    return sum;
}

Net::Net(const Schedule& schedule, Device& device, ParameterMemory parameters, std::shared_ptr<Memory> arena,
         std::shared_ptr<Memory> workspace,
         const std::function<std::shared_ptr<Memory>(const Packed&, const float*, void*)>& packed)
    : schedule_(schedule),
      device_(device),
      parameters_(std::move(parameters)),
      arena_(std::move(arena)),
      workspace_(std::move(workspace)),
      bound_(schedule.steps.size()),
      milliseconds_(schedule.steps.size()),
      runs_(schedule.steps.size()) {
    for (const auto& each : schedule_.packed)
        packed_.push_back(
            packed(each, parameters_.weights[static_cast<std::size_t>(each.parameter)], workspace_->data));
    for (std::size_t i = 0; i < bound_.size(); ++i) {
        bind(schedule_.steps[i], bound_[i]);
        descriptions_.push_back(describe(device_.trace(), describe_step(schedule_.steps[i])));
    }
}

void* Net::place(int id) const {
    const Buffer& buffer = schedule_.buffers[static_cast<std::size_t>(id)];
    const ValueInfo& value = schedule_.graph.values[static_cast<std::size_t>(buffer.value)];
    const auto parameter = static_cast<std::size_t>(value.parameter);
    if (value.role == Role::parameter) return const_cast<float*>(parameters_.weights[parameter]);
    if (value.role == Role::parameter_gradient) return parameters_.gradients[parameter];
    return arena_->at(buffer.offset);
}

void Net::bind(const Step& step, Bound& bound) {
    for (const auto& [operand, buffer] : step.operands) bound.arguments.set(operand, place(buffer));
    if (step.packed >= 0)
        bound.arguments.set(Operand::weights, packed_[static_cast<std::size_t>(step.packed)]->data);
    for (const int buffer : step.list) bound.list.push_back(place(buffer));
    bound.arguments.list = bound.list;
}

Net::Range& Net::range(int begin, int end) {
    for (auto& each : ranges_)
        if (each.begin == begin && each.end == end) return each;
    return ranges_.emplace_back(Range{begin, end, nullptr});
}

void Net::run(int begin, int end) {
    const int backward = std::clamp(schedule_.forward_steps, begin, end);
    if (profiling_ || device_.trace() != nullptr) {
        run_apart("forward", begin, backward);
        run_apart("backward", backward, end);
        return;
    }
    Range& steps = range(begin, end);
    const Section section(device_, backward == end ? "forward" : "forward and backward", "net");
    device_.run(steps.recording, [this, &steps] { enqueue(steps.begin, steps.end); });
}

void Net::run_apart(const char* pass, int begin, int end) {
    if (begin == end) return;
    const Section section(device_, pass, "net");
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        const auto enqueue_one = [this, i] { enqueue(static_cast<int>(i), static_cast<int>(i) + 1); };
        const double milliseconds =
            time_section(device_, schedule_.steps[i].layer.c_str(), descriptions_[i], enqueue_one);
        if (!profiling_) continue;
        milliseconds_[i] += milliseconds;
        ++runs_[i];
    }
}

void Net::enqueue(int begin, int end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        const Step& step = schedule_.steps[i];
        told_of([&] { return describe(step.layer, step.operation, *step.implementation, *step.plan); },
                [&] { step.plan->run(bound_[i].arguments, workspace_->data, device_.stream()); });
    }
}

void Net::enqueue_pack(std::size_t i) {
    const Packed& packed = schedule_.packed[i];
    told_of([&] { return describe_packing(packed); },
            [&] {
                packed.plan->pack(parameters_.weights[static_cast<std::size_t>(packed.parameter)],
                                  packed_[i]->data, workspace_->data, device_.stream());
            });
}

void* Net::address(int value) const {
    const int buffer = schedule_.buffer_of(value);
    return buffer < 0 ? nullptr : place(buffer);
}

std::vector<float> Net::read(int value) const {
    const int id = schedule_.buffer_of(value);
    if (id < 0) throw Error(Error::Kind::usage, "that value was not computed");
    const Buffer& buffer = schedule_.buffers[static_cast<std::size_t>(id)];
    const Shape& shape = schedule_.graph.values[static_cast<std::size_t>(value)].shape;
    const auto plain = kernels::plain_layout(shape.count());
    std::vector<float> result(static_cast<std::size_t>(shape.count()));
    if (buffer.layout == plain) {
        device_.copy_out(result.data(), place(id), plain.bytes);
        return result;
    }
    kernels::Limits limits;
    limits.threads = device_.stream().thread_count();
    Options options;
    options.device.kind = schedule_.steps.front().implementation->device;
    const Choice choice =
        choose({OpKind::reorder, kernels::Reorder{shape, buffer.layout, plain}}, limits, options, "read");
    const auto copy = device_.allocate(plain.bytes);
    const auto workspace = device_.allocate(choice.plan->workspace_bytes());
    kernels::Arguments arguments;
    arguments.set(Operand::src, place(id));
    arguments.set(Operand::dst, copy->data);
    device_.run_once([&] { choice.plan->run(arguments, workspace->data, device_.stream()); });
    device_.copy_out(result.data(), copy->data, plain.bytes);
    return result;
}

std::string Net::not_finite(int index) const {
    const Step& step = schedule_.steps[static_cast<std::size_t>(index)];
    const auto check = [&](int id) -> std::string {
        const Buffer& buffer = schedule_.buffers[static_cast<std::size_t>(id)];
        std::vector<std::byte> host(buffer.layout.bytes);
        device_.copy_out(host.data(), place(id), host.size());
        return all_finite(host.data(), buffer.layout)
                   ? ""
                   : schedule_.graph.values[static_cast<std::size_t>(buffer.value)].name;
    };
    for (const auto& [operand, id] : step.operands)
        if (writes(step.operation.kind, operand) && operand != Operand::saved)
            if (std::string name = check(id); !name.empty()) return name;
    if (step.operation.kind == OpKind::concat_backward)
        for (const int id : step.list)
            if (std::string name = check(id); !name.empty()) return name;
    return {};
}

StepInfo describe_step(const Step& step) {
    return {step.layer,
            step.pass,
            step.operation,
            step.implementation->full_name(),
            step.plan->variant(),
            kernels::cost(step.operation),
            step.plan->workspace_bytes(),
            step.plan->packed().bytes,
            0,
            0};
}

std::vector<StepInfo> Net::steps() const {
    std::vector<StepInfo> all;
    for (std::size_t i = 0; i < bound_.size(); ++i) {
        all.push_back(describe_step(schedule_.steps[i]));
        all.back().milliseconds = milliseconds_[i];
        all.back().runs = runs_[i];
    }
    return all;
}

}  // namespace emulsion
