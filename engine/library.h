// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The folders of kernels/ and the libraries that they stand on, as messages and keys name them.
#pragma once

#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace emulsion {

/// What a device's folders stand on. Libraries of other devices are not opened by this.
std::vector<kernels::Component> components_on(kernels::DeviceKind);

/// Error(device), with the reason, if an implementation ("cudnn", "cudnn:nhwc") of a device stands on a
/// library that is not here.
void require_component(const std::string& implementation, kernels::DeviceKind);

/// Why this program lacks the folder of an implementation: "this program was built without CUDA". Empty if it
/// has it, or if there is no such folder.
std::string why_not_built(const std::string& implementation);

}  // namespace emulsion
