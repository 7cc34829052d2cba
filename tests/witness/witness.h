// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace emulsion::testing {

/// Exit status of a witness that lacks its library, or of a missing Python.
inline constexpr int witness_absent = 77;

/// Runs tests/witness/SCRIPT with the Python of EMULSION_PYTHON, of .venv, or of the system; its exit
/// status and what it printed, errors included.
std::pair<int, std::string> witness(const std::string& script, const std::vector<std::string>& arguments);

}  // namespace emulsion::testing
