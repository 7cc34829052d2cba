// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Stands in for kernels/cuda on GPUs where nvcc did not compile it.
#include "kernels/kernels.h"

namespace emulsion::kernels::cuda {

void append(OpKind, std::vector<Implementation>&) {}

}  // namespace emulsion::kernels::cuda
