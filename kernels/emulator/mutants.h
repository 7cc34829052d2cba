// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Kernels with one barrier or check taken away, to see whether a test notices (scripts/mutate). The variable
// EMULSION_MUTANT of the environment names the line: "lrn.cu:42". EMULSION_MUTANTS, set by CMake, is whether
// this build asks at checks too; barriers cost enough that asking there costs nothing.
#pragma once

#include "kernels/emulator/thread.h"

namespace emulsion::kernels::emulated {

/// -1: no line is taken away.
extern int mutant_line;
bool names_mutant(Place);

inline bool taken_away(Place place) {
    return place.line == mutant_line && names_mutant(place);
}

}  // namespace emulsion::kernels::emulated
