// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How fast the emulator is in this build: the figures of docs/emulator.md. One thread of the host; seconds of
// its processor, the best of some runs.
#include <ctime>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <limits>

#include "kernels/emulator/emulator.h"
#include "kernels/kernels.h"
#include "tests/kernels/emulator/launches.h"

namespace emulsion::kernels::emulated {
namespace {

double seconds_of(const std::function<void()>& work) {
    double best = std::numeric_limits<double>::max();
    for (int i = 0; i < 5; ++i) {
        const std::clock_t start = std::clock();
        work();
        best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    }
    return best;
}

void report(const char* what, const Operation& operation, double operations) {
    for (const Implementation& implementation : implementations(operation.kind)) {
        if (implementation.device != DeviceKind::emulated || !implementation.supports(operation, {}))
            continue;
        const auto plan = implementation.plan(operation, {});
        Arguments arguments;
        for (int i = 0; i < operand_count; ++i) {
            const auto operand = static_cast<Operand>(i);
            const std::size_t bytes = plan->layout(operand).bytes;
            if (bytes != 0) arguments.set(operand, allocate(bytes));
        }
        void* const workspace = allocate(plan->workspace_bytes());
        const double seconds = seconds_of([&] { plan->run(arguments, workspace, Stream{}); });
        std::printf("%-40s %8.3f s %8.2f GFLOP/s\n", what, seconds, operations / seconds * 1e-9);
    }
}

void run() {
    constexpr double threads = 256;
    constexpr int rounds = 10'000;
    auto* const data = static_cast<float*>(allocate(1024 * 1024 * sizeof(float)));
    const auto each = [&](const char* what, double count, const std::function<void()>& work) {
        std::printf("%-40s %8.1f ns\n", what, seconds_of(work) / count * 1e9);
    };
    each("a barrier, each thread", threads * rounds, [&] { wait_often(data, rounds, Queue{}); });
    each("a shuffle, each thread", threads * rounds, [&] { exchange_often(data, rounds, Queue{}); });
    each("a thread that waits for nobody", 1024 * 1024, [&] { write_once(data, 4096, Queue{}); });

    FullyConnected product{{256, 512, 1, 1}, 512};
    report("256 x 512 x 512 matrix product", {OpKind::fc_forward, product}, 2.0 * 256 * 512 * 512);
    Convolution conv2{{1, 96, 27, 27}, {1, 256, 27, 27}, 5, 5, 1, 1, 2, 2, 2};
    report("AlexNet's conv2, batch 1", {OpKind::conv_forward, conv2}, 2.0 * 256 * 27 * 27 * 48 * 25);
}

}  // namespace
}  // namespace emulsion::kernels::emulated

int main() {
    emulsion::kernels::emulated::run();
}
