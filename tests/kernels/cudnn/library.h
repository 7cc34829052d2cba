// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The stand-in as this program has opened it.
#pragma once

#include <string>
#include <vector>

#include "tests/kernels/cudnn/stand_in.h"

namespace emulsion::kernels::tests {

/// What a test says to the stand-in.
const StandInCudnn& stand_in();

/// The log since the last reset: all lines, or those that begin with `what`.
std::vector<std::string> stand_in_log(const std::string& what = "");

/// A function of the stand-in, by its name.
void* stand_in_symbol(const char* name);

}  // namespace emulsion::kernels::tests
