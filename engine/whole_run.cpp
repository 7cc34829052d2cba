// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/whole_run.h"

#include <algorithm>

#include "emulsion/random.h"
#include "engine/median.h"
#include "engine/net.h"

namespace emulsion {
namespace {

/// Seeded weights, and gradients where there is a backward pass.
class Parameters {
   public:
    Parameters(const Graph& graph, bool gradients, Device& device) {
        for (std::size_t i = 0; i < graph.parameters.size(); ++i) {
            const auto count = static_cast<std::size_t>(graph.parameters[i].count());
            // The size of trained weights: values neither vanish nor overflow on their way through the net.
            Filler small{Filler::Kind::uniform};
            small.low = -0.02;
            small.high = 0.02;
            std::vector<float> values(count);
            fill(small, values, 1, 1, 1, i);
            blocks_.push_back(device.allocate(count * sizeof(float)));
            device.copy_in(blocks_.back()->data, values.data(), count * sizeof(float));
            memory_.weights.push_back(static_cast<const float*>(blocks_.back()->data));
            if (!gradients) continue;
            blocks_.push_back(device.allocate(count * sizeof(float)));
            memory_.gradients.push_back(static_cast<float*>(blocks_.back()->data));
        }
    }
    const ParameterMemory& memory() const { return memory_; }

   private:
    std::vector<std::shared_ptr<Memory>> blocks_;
    ParameterMemory memory_;
};

class WholeRun {
   public:
    WholeRun(const Schedule& schedule, Device& device, const Parameters& parameters,
             const std::shared_ptr<Memory>& arena, const std::shared_ptr<Memory>& workspace)
        : schedule_(schedule),
          device_(device),
          net_(schedule, device, parameters.memory(), arena, workspace,
               [this](const Packed& packed, const float* from, void* scratch) {
                   return packed_.get(device_, packed, from, scratch);
               }) {}

    double time(bool training) {
        clear_inputs();
        return device_.time([&] {
            net_.enqueue_all();
            for (std::size_t i = 0; training && i < schedule_.packed.size(); ++i) net_.enqueue_pack(i);
        });
    }

   private:
    /// Photos, crops, labels: the other schedule may have values of its own in their places.
    void clear_inputs() {
        for (std::size_t i = 0; i < schedule_.buffers.size(); ++i) {
            const Buffer& buffer = schedule_.buffers[i];
            const Role role = schedule_.graph.values[static_cast<std::size_t>(buffer.value)].role;
            if (given(role) && role != Role::parameter && role != Role::parameter_gradient)
                device_.zero(net_.place(static_cast<int>(i)), buffer.layout.bytes);
        }
    }

    const Schedule& schedule_;
    Device& device_;
    PackedWeights packed_;
    Net net_;
};

}  // namespace

std::pair<double, double> time_in_turns(const Schedule& a, const Schedule& b, Device& device) {
    const bool training = static_cast<std::size_t>(a.forward_steps) < a.steps.size();
    const Parameters parameters(a.graph, training, device);
    const auto arena = device.allocate(std::max(a.arena_bytes, b.arena_bytes));
    const auto workspace = device.allocate(std::max(a.workspace_bytes, b.workspace_bytes));
    WholeRun one(a, device, parameters, arena, workspace), other(b, device, parameters, arena, workspace);
    one.time(training);
    other.time(training);
    constexpr double enough = 2000;  // milliseconds
    constexpr std::size_t least = 7, most = 31;
    std::vector<double> of_one, of_other;
    double sum = 0;
    while (of_one.size() < least || (of_one.size() < most && sum < enough)) {
        of_one.push_back(one.time(training));
        of_other.push_back(other.time(training));
        sum += of_one.back() + of_other.back();
    }
    return {upper_median(std::move(of_one)), upper_median(std::move(of_other))};
}

}  // namespace emulsion
