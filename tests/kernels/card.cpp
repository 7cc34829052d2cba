// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/card.h"

namespace emulsion::kernels::tests {

bool is_there(DeviceKind kind, std::string* why_not) {
    static std::string why;
    static const bool has_card = !accelerators(DeviceKind::cuda, &why).empty();
    if (kind != DeviceKind::cuda || has_card) return true;
    if (why_not != nullptr) *why_not = why;
    return false;
}

Accelerator& card() {
    // Never closed: the driver may be gone when static objects are destroyed.
    static Accelerator& opened =
        *open_accelerator(DeviceKind::cuda, accelerators(DeviceKind::cuda, nullptr).at(0).index).release();
    return opened;
}

}  // namespace emulsion::kernels::tests
