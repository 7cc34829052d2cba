// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// For scripts/gpu-check: one line for each GPU that tests could run on, with its name, driver and runtime
// between tabs; or, with exit code 3, the line that says why there is none. With --libraries, a line for each
// of NVIDIA's libraries: its folder in kernels/, its name, "true" if it is here, its version or why it is
// absent, and its file.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <exception>
#include <string>

#include "kernels/accelerator.h"

namespace {

using namespace emulsion::kernels;

constexpr int no_device = 3;

/// A field of a line: whatever a library says of itself.
std::string field(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, ' ');
    return text;
}

int print_libraries() {
    for (const Component& each : {cudnn_component(), cublas_component()})
        std::printf("%s\t%s\t%s\t%s\t%s\n", each.folder, field(each.name).c_str(),
                    each.present ? "true" : "false", field(each.version).c_str(), field(each.file).c_str());
    return 0;
}

int print_devices() {
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

int main(int argc, char** argv) {
    try {
        return argc > 1 && std::string(argv[1]) == "--libraries" ? print_libraries() : print_devices();
    } catch (const std::exception& error) {
        std::printf("no GPU here: %s\n", error.what());
        return no_device;
    }
}
