// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Stands in for kernels/cuda on GPUs where nvcc did not compile it.
#include "kernels/accelerator.h"

namespace emulsion::kernels::cuda {
namespace {

constexpr const char* not_built = "this program was built without CUDA; build it with -DEMULSION_CUDA=ON";

}  // namespace

void append(OpKind, std::vector<Implementation>&) {}

std::unique_ptr<Accelerator> open_accelerator(int) {
    throw NoDevice(not_built);
}

std::vector<AcceleratorInfo> accelerators(std::string* why_not) {
    if (why_not != nullptr) *why_not = not_built;
    return {};
}

}  // namespace emulsion::kernels::cuda
