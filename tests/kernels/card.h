// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The GPU that tests use where there is one: the first that this build can use.
#pragma once

#include "kernels/accelerator.h"

namespace emulsion::kernels::tests {

/// Whether plans for such a device can be run here; `why_not` (may be null) gets the reason if not.
bool is_there(DeviceKind, std::string* why_not = nullptr);

/// The GPU, opened at the first request and kept. Throws NoDevice.
Accelerator& card();

}  // namespace emulsion::kernels::tests
