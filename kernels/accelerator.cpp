// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/accelerator.h"

namespace emulsion::kernels {

std::unique_ptr<Accelerator> open_accelerator(DeviceKind kind, int index) {
    if (kind == DeviceKind::cuda) return cuda::open_accelerator(index);
    if (kind == DeviceKind::emulated) return emulated::open_accelerator(index);
    throw NoDevice(std::string(name(kind)) + " is no accelerator");
}

std::vector<AcceleratorInfo> accelerators(DeviceKind kind, std::string* why_not) {
    if (kind == DeviceKind::cuda) return cuda::accelerators(why_not);
    if (kind == DeviceKind::emulated) return emulated::accelerators();
    if (why_not != nullptr) *why_not = std::string(name(kind)) + " is no accelerator";
    return {};
}

}  // namespace emulsion::kernels
