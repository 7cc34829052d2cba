// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

/// A kernel compiled for the same architectures as the plain kernels, for cudaFuncGetAttributes.
const void* probe();

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
