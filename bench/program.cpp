// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "bench/program.h"

#include <cstdio>
#include <exception>
#include <fstream>

#include "engine/library.h"

namespace emulsion::bench {
namespace {

std::string cpu_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.rfind("model name", 0) == 0) return line.substr(line.find(": ") + 2);
    return "unknown CPU";
}

std::string device_name(const DeviceId& id) {
    const auto accelerator = require_device(id);
    return accelerator ? accelerator->name : cpu_name();
}

std::string rate(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
}

}  // namespace

kernels::Precision parse_precision(const std::string& text) {
    using enum kernels::Precision;
    for (const auto each : {fp32, tf32, tf32x3, bf16})
        if (text == kernels::name(each)) return each;
    throw Error(Error::Kind::usage, "--precision: \"" + text + "\" is none of fp32, tf32, 3xtf32, bf16");
}

Options options_of(const Arguments& arguments, const std::string& precision) {
    for (const auto& [library, path] : arguments.libraries) use_library(library, path);
    Options options;
    options.device = DeviceId::parse(arguments.device);
    options.threads = arguments.threads > 0 ? arguments.threads : available_threads();
    options.precision = parse_precision(precision);
    return options;
}

std::optional<apps::Roofline> roof_of(const DeviceId& device, int threads, kernels::Precision precision) {
    if (device.kind != kernels::DeviceKind::cpu) return std::nullopt;
    return apps::measure_roofline(threads, precision);
}

double part_of_floor(const kernels::Cost& cost, double milliseconds, const apps::Roofline& roof) {
    return milliseconds > 0 ? roof.floor_seconds(cost) / (milliseconds * 1e-3) : 0;
}

void add_context(const Options& options, const std::map<std::string, apps::Roofline>& roofs) {
    benchmark::AddCustomContext("device", device_name(options.device));
    benchmark::AddCustomContext("device_kind", kernels::name(options.device.kind));
    benchmark::AddCustomContext("threads", std::to_string(options.threads));
    benchmark::AddCustomContext("version.emulsion", EMULSION_VERSION);
    for (const kernels::Component& each : components_on(options.device.kind))
        if (each.present) benchmark::AddCustomContext("version." + each.name, each.version);
    for (const auto& [precision, roof] : roofs)
        benchmark::AddCustomContext("roof." + precision, rate(roof.flop_per_second * 1e-9) + " GFLOP/s, " +
                                                             rate(roof.bytes_per_second * 1e-9) +
                                                             " GB/s, measured now");
}

void report(benchmark::State& state, const Timing& timing, const kernels::Cost& cost) {
    if (!timing.failed.empty()) {
        state.SkipWithError(timing.failed.c_str());
        return;
    }
    const double seconds = timing.median() * 1e-3;
    for ([[maybe_unused]] auto _ : state) state.SetIterationTime(seconds);
    state.counters["low_ms"] = timing.low();
    state.counters["high_ms"] = timing.high();
    state.counters["samples"] = static_cast<double>(timing.milliseconds.size());
    state.counters["flop"] = cost.flop;
    state.counters["bytes"] = cost.bytes;
    state.counters["GFLOP/s"] = seconds > 0 ? cost.flop / seconds * 1e-9 : 0;
    state.counters["GB/s"] = seconds > 0 ? cost.bytes / seconds * 1e-9 : 0;
}

void add_benchmark(const std::string& name, std::function<void(benchmark::State&)> body) {
    benchmark::RegisterBenchmark(name.c_str(), std::move(body))
        ->Iterations(1)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
}

int run_program(int argc, char** argv, const Arguments& defaults,
                const std::function<void(const Arguments&)>& add) {
    try {
        const Arguments arguments = take_arguments(argc, argv, defaults);
        benchmark::Initialize(&argc, argv);
        if (benchmark::ReportUnrecognizedArguments(argc, argv)) return static_cast<int>(Error::Kind::usage);
        add(arguments);
        if (benchmark::RunSpecifiedBenchmarks() == 0 && !arguments.list)
            throw Error(Error::Kind::usage,
                        "no benchmark has such a name; --benchmark_list_tests lists them");
        return 0;
    } catch (const Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return static_cast<int>(error.kind());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return static_cast<int>(Error::Kind::failure);
    }
}

}  // namespace emulsion::bench
