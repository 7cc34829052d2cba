// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "emulsion/program.h"
#include "engine/schedule.h"

namespace emulsion {

/// What compile() makes: the schedule of a session, or the two of a trainer.
class Compiled final : public Program {
   public:
    /// With a device its choices may be the tuner's.
    Compiled(const NetDef&, Mode, const Options&, const LayerFactory&, Device* = nullptr);

    const std::vector<LayerInfo>& layers() const override { return main.graph.layers; }
    std::vector<StepInfo> steps() const override;
    const MemoryPlan& memory() const override { return memory_plan; }
    const std::vector<std::string>& rewrites() const override { return main.graph.rewrites; }

    NetDef net;  ///< as compiled: in training it ends in softmax_loss
    Schedule main;
    std::unique_ptr<Schedule> evaluation;  ///< a trainer's forward pass as at inference
    MemoryPlan memory_plan;
    std::size_t arena_bytes = 0, workspace_bytes = 0;  ///< the larger of the two schedules
    std::function<std::vector<StepInfo>()> timed;      ///< set by the net that runs it
};

/// Flat layout of parameters: where each starts, in elements, 64-byte aligned.
struct FlatLayout {
    std::vector<std::int64_t> offsets;
    std::int64_t count = 0;
};
FlatLayout flat_layout(const std::vector<Parameter>&);

/// Names of the values that can be read after a run, in the order of the net.
std::vector<std::string> readable_values(const Schedule&);
/// The id of one of them; Error(usage) if `name` is not readable.
int readable_value(const Schedule&, const std::string& name);

/// What a device had left when a session or trainer was to be built on it.
struct MemoryOutlook {
    DeviceId device;
    std::size_t free = 0;   ///< what of the model lies there already counts as free
    std::size_t extra = 0;  ///< wanted beside the plan
};
/// One line: what the plan needs, what was free, and the largest batch that fits.
std::string too_little_memory(const NetDef&, Mode, Options, const LayerFactory&, const MemoryOutlook&);

/// Options with threads filled in.
Options resolve(Options);

}  // namespace emulsion
