// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Every operation of the nets by every implementation that can run it, beside what the machine can do at
// best. Names are like conv_forward/alexnet/conv2/n50/fp32/onednn:winograd, for --benchmark_filter.
#include <cstdio>

#include "bench/kernel_bench.h"
#include "bench/program.h"

namespace emulsion::bench {
namespace {

/// All benchmarks of one precision. Lives as long as the program: benchmarks refer to it.
struct Suite {
    std::vector<KernelCase> cases;
    std::unique_ptr<KernelBench> bench;
    std::optional<apps::Roofline> roof;

    void time(benchmark::State& state, const KernelCase& it, const kernels::Implementation& by) const {
        const KernelTiming timing = bench->run(it, by);
        const kernels::Cost cost = kernels::cost(it.operation);
        report(state, timing, cost);
        if (!timing.failed.empty()) return;
        if (roof) state.counters["floor%"] = 100 * part_of_floor(cost, timing.median(), *roof);
        state.SetLabel(timing.variant);
        if (timing.packing_milliseconds > 0) state.counters["packing_ms"] = timing.packing_milliseconds;
    }

    void add(const std::string& precision, bool fastest) {
        for (const KernelCase& it : cases) {
            for (const kernels::Implementation& by : kernels::implementations(it.operation.kind)) {
                if (!bench->offers(it, by)) continue;
                add_benchmark(it.name() + "/" + precision + "/" + by.full_name(),
                              [this, &it, &by](benchmark::State& state) { time(state, it, by); });
                if (fastest) break;
            }
        }
    }
};

/// The cases in a precision; none, with a line that says why, if the device does not have it.
std::vector<KernelCase> cases_of(const Arguments& arguments, const Options& options) {
    try {
        return kernel_cases(arguments.nets, arguments.batches, options);
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::device || options.precision == kernels::Precision::fp32) throw;
        std::fprintf(stderr, "%s is left out: %s\n", kernels::name(options.precision), error.what());
        return {};
    }
}

void add_all(const Arguments& arguments, std::vector<Suite>& suites) {
    std::map<std::string, apps::Roofline> roofs;
    suites.reserve(arguments.precisions.size());  // benchmarks hold on to their suites
    for (const std::string& precision : arguments.precisions) {
        const Options options = options_of(arguments, precision);
        Suite& suite = suites.emplace_back();
        suite.cases = cases_of(arguments, options);
        auto device = open_device(options.device, options.threads);
        if (!arguments.list) suite.roof = roof_of(options.device, options.threads, options.precision);
        if (suite.roof) roofs[precision] = *suite.roof;
        if (&precision == &arguments.precisions.back()) add_context(options, roofs);
        suite.bench = std::make_unique<KernelBench>(std::move(device), options.precision,
                                                    Pace{.seconds = arguments.seconds}, !arguments.hot);
        suite.add(precision, arguments.fastest);
    }
    benchmark::AddCustomContext("cache_state", arguments.hot ? "hot" : "cold");
}

}  // namespace
}  // namespace emulsion::bench

int main(int argc, char** argv) {
    using namespace emulsion::bench;
    Arguments defaults;
    defaults.batches = {1, 50, 128};
    std::vector<Suite> suites;
    return run_program(argc, argv, defaults, [&](const Arguments& arguments) { add_all(arguments, suites); });
}
