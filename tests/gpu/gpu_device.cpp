// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// For scripts/gpu-check: one line for each GPU that tests could run on, with its name, driver and runtime
// between tabs; or, with exit code 3, the line that says why there is none.
#include <cstdio>
#include <exception>

#include "kernels/accelerator.h"

namespace {

using namespace emulsion::kernels;

constexpr int no_device = 3;

int run() {
    std::string why;
    const auto gpus = accelerators(DeviceKind::cuda, &why);
    if (gpus.empty()) {
        std::printf("no GPU here: %s\n", why.c_str());
        return no_device;
    }
    for (const AcceleratorInfo& gpu : gpus)
        std::printf("%s\t%s\t%s\n", gpu.name.c_str(), gpu.driver.c_str(), gpu.runtime.c_str());
    return 0;
}

}  // namespace

int main() {
    try {
        return run();
    } catch (const std::exception& error) {
        std::printf("no GPU here: %s\n", error.what());
        return no_device;
    }
}
