// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cards.h"

#include <cstdlib>

#include "kernels/cuda/probe.h"

namespace emulsion::kernels::cuda {
namespace {

int driver_version() {
    int version = 0;
    if (cudaDriverGetVersion(&version) != cudaSuccess) version = 0;
    return version;
}

int runtime_version() {
    int version = 0;
    if (cudaRuntimeGetVersion(&version) != cudaSuccess) version = 0;
    return version;
}

/// NoDevice unless the card answers and holds machine code of this build, or can make some from its PTX.
void try_card(int index, const std::string& name, int capability) {
    const std::string card = "cuda:" + std::to_string(index) + " (" + name + ")";
    cudaFuncAttributes attributes{};
    cudaError_t error = cudaSetDevice(index);
    if (error == cudaSuccess) error = cudaFuncGetAttributes(&attributes, probe());
    if (error == cudaSuccess) return;
    cudaGetLastError();
    switch (error) {
        case cudaErrorNoKernelImageForDevice:
        case cudaErrorInvalidDeviceFunction:
        case cudaErrorInvalidKernelImage:
        case cudaErrorUnsupportedPtxVersion:
        case cudaErrorJitCompilerNotFound:
        case cudaErrorJitCompilationDisabled:
            throw NoDevice(card +
                           " cannot run this program, which was built for " EMULSION_CUDA_BUILT_FOR
                           ": build it with -DEMULSION_CUDA_ARCHITECTURES=" +
                           std::to_string(capability));
        default:
            throw NoDevice(card + " cannot be used: " + cudaGetErrorName(error) + ": " +
                           cudaGetErrorString(error));
    }
}

}  // namespace

std::string version_text(int version) {
    return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string why_no_card(cudaError_t error, int driver, int runtime, const char* visible) {
    if (driver == 0) return "no NVIDIA driver is installed";
    if (error == cudaErrorInsufficientDriver || error == cudaErrorCallRequiresNewerDriver)
        return "the NVIDIA driver knows CUDA " + version_text(driver) + ", this program needs " +
               version_text(runtime) + ": update the driver, or build with an older toolkit";
    if (error == cudaSuccess || error == cudaErrorNoDevice) {
        const std::string none = "the NVIDIA driver shows no card";
        return visible == nullptr ? none : none + "; CUDA_VISIBLE_DEVICES is \"" + visible + "\"";
    }
    return std::string("the NVIDIA driver does not answer: ") + cudaGetErrorName(error) + ": " +
           cudaGetErrorString(error);
}

int count_cards(std::string& why_none) {
    int count = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    if (error == cudaSuccess && count > 0) return count;
    cudaGetLastError();
    why_none = why_no_card(error, driver_version(), runtime_version(), std::getenv("CUDA_VISIBLE_DEVICES"));
    return 0;
}

AcceleratorInfo open_card(int index) {
    cudaDeviceProp properties{};
    const cudaError_t error = cudaGetDeviceProperties(&properties, index);
    if (error != cudaSuccess) {
        cudaGetLastError();
        throw NoDevice("cuda:" + std::to_string(index) + " does not say what it is: " +
                       cudaGetErrorName(error) + ": " + cudaGetErrorString(error));
    }
    const int capability = properties.major * 10 + properties.minor;
    AcceleratorInfo info;
    info.name = std::string(properties.name) + ", sm_" + std::to_string(capability);
    info.memory = properties.totalGlobalMem;
    info.driver = version_text(driver_version());
    info.runtime = version_text(runtime_version());
    info.index = index;
    try_card(index, info.name, capability);
    return info;
}

}  // namespace emulsion::kernels::cuda
