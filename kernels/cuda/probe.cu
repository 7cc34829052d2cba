// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A kernel that does nothing: whether a card can load it tells whether this build fits the card.
#include "kernels/cuda/probe.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

__global__ void probe_kernel() {}

}  // namespace

const void* probe() {
    return reinterpret_cast<const void*>(probe_kernel);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
