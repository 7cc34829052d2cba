// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// One small ordinary operation of every kind: what every list of implementations must be able to do.
#pragma once

#include "kernels/kernels.h"

namespace emulsion::kernels::tests {

/// AlexNet's attributes at small sizes, for a batch of n.
Operation standard_operation(OpKind, std::int64_t n = 2);

/// The same operation for another batch. Operations without a batch are returned as they are.
Operation with_batch(Operation, std::int64_t n);

}  // namespace emulsion::kernels::tests
