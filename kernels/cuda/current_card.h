// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The card that the calling thread uses, for libraries that keep a handle for each.
#pragma once

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

/// Its index. Throws KernelError if there is none.
int current_card();
/// Its compute capability without the dot: 35, 90. Throws KernelError.
int current_capability();

/// Whether it multiplies in TF32 and bf16: the first whose tensor cores do are Ampere's.
inline bool multiplies_in_less() {
    return current_capability() >= 80;
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
