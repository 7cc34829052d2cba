// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Python as an independent witness.
#pragma once

#include <string>

namespace emulsion::tests {

/// A Python that can import `module`: EMULSION_PYTHON, .venv in the source, or python3; "" if none can.
std::string python_with(const std::string& module);

/// Runs a program text with arguments; true if it exits with 0. Its output goes to the test's.
bool run_python(const std::string& python, const std::string& program, const std::string& arguments);

}  // namespace emulsion::tests
