// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// kernels/cuda/mma.cuh, lane by lane.
#pragma once

#include "kernels/emulator/functions.h"
#include "kernels/emulator/thread.h"

namespace emulsion::kernels::emulated {

unsigned to_tf32(float);
unsigned pack_bf16(float low, float high);

void mma_m16n8k8(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2],
                 Place = {__builtin_FILE(), __builtin_LINE()});
void mma_m16n8k16(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2],
                  Place = {__builtin_FILE(), __builtin_LINE()});

/// ldmatrix: fills `count` registers, 1, 2 or 4.
void load_matrices(unsigned* r, int count, bool transposed, const void* row, Place);

template <std::size_t count>
__attribute__((always_inline)) inline void load_matrices(unsigned (&r)[count], const void* row,
                                                         Place place = {__builtin_FILE(), __builtin_LINE()}) {
    load_matrices(r, count, false, row, place);
}
template <std::size_t count>
__attribute__((always_inline)) inline void load_matrices_transposed(unsigned (&r)[count], const void* row,
                                                                    Place place = {__builtin_FILE(),
                                                                                   __builtin_LINE()}) {
    load_matrices(r, count, true, row, place);
}

void ask_for_copy(void* to, const void* from, std::size_t bytes, std::size_t given, Place);
void commit_copies();
void wait_for_copies(unsigned groups, Place);

template <int bytes>
__attribute__((always_inline)) inline void copy_async(void* to, const void* from, int given = bytes,
                                                      Place place = {__builtin_FILE(), __builtin_LINE()}) {
    static_assert(bytes == 4 || bytes == 8 || bytes == 16, "what cp.async knows");
    ask_for_copy(to, from, bytes, static_cast<std::size_t>(given), place);
}
template <int groups>
void wait_for_copies(Place place = {__builtin_FILE(), __builtin_LINE()}) {
    wait_for_copies(groups, place);
}

}  // namespace emulsion::kernels::emulated
