// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the benchmark programs share: the engine's options, the roof, and how a timing is reported.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "apps/measure.h"
#include "bench/arguments.h"
#include "bench/pace.h"
#include "engine/device.h"

namespace emulsion::bench {

kernels::Precision parse_precision(const std::string&);  ///< Error(usage) if it is none

/// Options with device, threads (filled in) and precision.
Options options_of(const Arguments&, const std::string& precision);

/// What the device can do at best in a precision; none where it is not known. Measured on the CPU, now.
std::optional<apps::Roofline> roof_of(const DeviceId&, int threads, kernels::Precision);

/// The least time in which work of this cost could be done, over the time taken: 1 is as fast as can be.
double part_of_floor(const kernels::Cost&, double milliseconds, const apps::Roofline&);

/// For whoever reads the results: device, threads, versions, the roof of each precision.
void add_context(const Options&, const std::map<std::string, apps::Roofline>&);

/// Sets the benchmark's one time, the median, and its counters; or says why there is none.
void report(benchmark::State&, const Timing&, const kernels::Cost&);

/// Registers a benchmark whose one iteration is all that `body` does and reports.
void add_benchmark(const std::string& name, std::function<void(benchmark::State&)> body);

/// main(): `add` registers benchmarks; then Google Benchmark runs them. The exit code; an Error is one line
/// on stderr.
int run_program(int argc, char** argv, const Arguments& defaults,
                const std::function<void(const Arguments&)>& add);

}  // namespace emulsion::bench
