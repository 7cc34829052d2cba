// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace emulsion::kernels::tests {

/// The compute capability of the card that programs without one are told of.
inline int capability_under_test = 90;

}  // namespace emulsion::kernels::tests
