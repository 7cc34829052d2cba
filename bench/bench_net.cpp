// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Whole nets: photos a second at inference and in training, with prepared photos and with JPEG files through
// the loader. Names are like training/alexnet/n50/bf16/files, for --benchmark_filter.
#include "bench/net_bench.h"
#include "bench/program.h"

namespace emulsion::bench {
namespace {

struct Suite {
    std::unique_ptr<NetBench> bench;
    std::map<std::string, apps::Roofline> roofs;

    void time(benchmark::State& state, const NetCase& it) const {
        const NetTiming timing = bench->run(it);
        report(state, timing, timing.cost);
        if (!timing.failed.empty()) return;
        const double seconds = timing.median() * 1e-3;
        state.counters["photos/s"] = it.batch / seconds;
        const auto roof = roofs.find(kernels::name(it.precision));
        if (roof != roofs.end())
            state.counters["peak%"] = 100 * timing.cost.flop / seconds / roof->second.flop_per_second;
    }

    void add(const NetCase& it) const {
        add_benchmark(it.name(), [this, it](benchmark::State& state) { time(state, it); });
    }
};

void add_all(const Arguments& arguments, Suite& suite) {
    const Options options = options_of(arguments, arguments.precisions.front());
    suite.bench = std::make_unique<NetBench>(options, Pace{.seconds = arguments.seconds, .least = 3});
    for (const std::string& precision : arguments.precisions)
        if (const auto roof = arguments.list
                                  ? std::nullopt
                                  : roof_of(options.device, options.threads, parse_precision(precision)))
            suite.roofs[precision] = *roof;
    add_context(options, suite.roofs);
    for (const std::string& net : arguments.nets)
        for (const Mode mode : {Mode::inference, Mode::training})
            for (const int batch : arguments.batches)
                for (const SourceKind& source : photo_sources())
                    for (const std::string& precision : arguments.precisions)
                        suite.add({net, mode, batch, parse_precision(precision), source});
}

}  // namespace
}  // namespace emulsion::bench

int main(int argc, char** argv) {
    using namespace emulsion::bench;
    Arguments defaults;
    defaults.batches = {1, 8, 50, 128, 256};
    defaults.precisions = {"fp32", "bf16"};
    Suite suite;
    return run_program(argc, argv, defaults, [&](const Arguments& arguments) { add_all(arguments, suite); });
}
