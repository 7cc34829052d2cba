// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/queue.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

std::string text(const Extent3& e) {
    return std::to_string(e.x) + "x" + std::to_string(e.y) + "x" + std::to_string(e.z);
}

}  // namespace

const char* hint(const std::string& code) {
    struct Advice {
        const char *code, *text;
    };
    constexpr const char* not_built = "; this program was not built for this card's architecture";
    constexpr const char* astray =
        "; a kernel, this one or one asked for earlier, went outside its memory: run the same command with "
        "--device emulated to find the place";
    constexpr const char* no_answer =
        "; the card stopped answering: see the system's log (dmesg) for NVRM: Xid";
    constexpr Advice advices[] = {
        {"cudaErrorMemoryAllocation", "; the card's memory is full: a smaller batch may fit"},
        {"cudaErrorNoKernelImageForDevice", not_built},
        {"cudaErrorInvalidDeviceFunction", not_built},
        {"cudaErrorLaunchOutOfResources", "; the kernel needs more registers than this card has"},
        {"cudaErrorIllegalAddress", astray},
        {"cudaErrorMisalignedAddress", astray},
        {"cudaErrorLaunchTimeout", "; a card that drives a display stops kernels that run for seconds"},
        {"cudaErrorLaunchFailure", astray},
        {"cudaErrorECCUncorrectable", no_answer},
        {"cudaErrorUnknown", no_answer},
    };
    for (const Advice& advice : advices)
        if (code == advice.code) return advice.text;
    return "";
}

void throw_launch_error(const Launch& what, const std::string& code, const std::string& error) {
    throw LaunchError(std::string(what.file) + ":" + std::to_string(what.line) + ": kernel " + what.kernel +
                      ", grid " + text(what.grid) + " of blocks " + text(what.block) + ": " + code + ": " +
                      error + hint(code));
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
