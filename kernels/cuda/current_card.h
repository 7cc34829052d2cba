// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The card that the calling thread uses, for libraries that keep a handle for each.
#pragma once

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

/// Its index. Throws KernelError if there is none.
int current_card();

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
