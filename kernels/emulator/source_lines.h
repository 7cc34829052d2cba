// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// From addresses of the program's code to lines of its source.
#pragma once

#include <cstdint>
#include <string>

namespace emulsion::kernels::emulated {

std::uint32_t code_offset(const void* pc);

/// "kernels/cuda/lrn.cu:42", for the instruction that returns to code_offset(pc); of functions that were
/// inlined, the innermost one outside the emulator. Asks binutils' addr2line; without it "NAME+0x1234".
std::string source_line(std::uint32_t offset);

/// Whether `at` lies in the program's own file: its code and its static data.
bool in_program(const void* at);

}  // namespace emulsion::kernels::emulated
