// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/kernels.h"

namespace emulsion::kernels::onednn {

/// max(0, x) over `bytes` of fp32 or bf16 values in whatever layout; a NaN stays a NaN.
void relu_in_place(void* values, std::size_t bytes, DataType type, const Stream& stream);

}  // namespace emulsion::kernels::onednn
