// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace emulsion::test {

/// The folder of real weights and photos, whether it is there or not: EMULSION_DATA, else ../shared/data
/// beside the source.
std::string shared_data();

}  // namespace emulsion::test
