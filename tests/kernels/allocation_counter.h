// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Counts requests for heap memory, by any thread and any library of this process. CMake chooses the file
// that defines this: one in front of glibc's malloc, or one that cannot count.
#pragma once

namespace emulsion::kernels::tests {

/// False where the C library's malloc cannot be counted.
bool allocations_are_counted();

/// Between these two, malloc and its relatives (and so operator new) are counted.
void start_counting_allocations();
long stop_counting_allocations();

}  // namespace emulsion::kernels::tests
