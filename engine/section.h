// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Telling what a device is at: to the trace, where there is one, and to the device's own profiler.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "emulsion/program.h"
#include "emulsion/trace.h"
#include "engine/device.h"

namespace emulsion {

/// The device, told where to record.
std::unique_ptr<Device> traced(std::unique_ptr<Device>, const Options&);

/// A range of the device's profiler, to the end of the scope.
class ProfilerRange {
   public:
    ProfilerRange(Device& device, const char* name) : device_(device) { device_.begin_range(name); }
    ~ProfilerRange() { device_.end_range(); }
    ProfilerRange(const ProfilerRange&) = delete;
    ProfilerRange& operator=(const ProfilerRange&) = delete;

   private:
    Device& device_;
};

/// A range and a span. `bytes` are those that it moves, 0 if that is not the point.
class Section {
   public:
    Section(Device&, const char* name, const char* category, std::size_t bytes = 0);

   private:
    ProfilerRange range_;
    Span span_;
};

/// Device::time of one step. Its span lasts as long as the device worked, and ends when the host knew.
double time_section(Device&, const char* name, int description, const std::function<void()>& work);

/// What a step's spans say of it; 0 where there is no trace.
int describe(Trace*, const StepInfo&);

}  // namespace emulsion
