// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/section.h"

#include <algorithm>

namespace emulsion {
namespace {

int describe_section(Trace* trace, const char* name, const char* category, std::size_t bytes) {
    if (trace == nullptr) return 0;
    if (bytes == 0) return trace->describe(name, category);
    return trace->describe(name, category, {{"bytes", static_cast<double>(bytes)}});
}

}  // namespace

std::unique_ptr<Device> traced(std::unique_ptr<Device> device, const Options& options) {
    device->trace_to(options.trace);
    return device;
}

Section::Section(Device& device, const char* name, const char* category, std::size_t bytes)
    : range_(device, name), span_(device.trace(), describe_section(device.trace(), name, category, bytes)) {}

double time_section(Device& device, const char* name, int description, const std::function<void()>& work) {
    const ProfilerRange range(device, name);
    const Trace::Time asked = Trace::Clock::now();
    const double milliseconds = device.time(work);
    if (Trace* const trace = device.trace(); trace != nullptr) {
        const Trace::Time known = Trace::Clock::now();
        const std::chrono::duration<double, std::milli> taken(milliseconds);
        trace->add(description,
                   std::max(asked, known - std::chrono::duration_cast<Trace::Clock::duration>(taken)), known);
    }
    return milliseconds;
}

int describe(Trace* trace, const StepInfo& step) {
    if (trace == nullptr) return 0;
    constexpr const char* categories[] = {"forward", "backward", "update"};
    constexpr double giga = 1e-9;
    return trace->describe(step.layer + ": " + kernels::name(step.operation.kind),
                           categories[static_cast<int>(step.pass)],
                           {{"layer", step.layer},
                            {"operation", kernels::describe(step.operation)},
                            {"implementation", step.implementation},
                            {"variant", step.variant},
                            {"GFLOP", giga * step.cost.flop},
                            {"bytes", step.cost.bytes}});
}

}  // namespace emulsion
