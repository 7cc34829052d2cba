// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Matrix instructions and asynchronous copies, which sm_80 and later have:
//
//   to_tf32(x)                      x rounded to TF32, to nearest and ties away; what mma_m16n8k8 multiplies
//   pack_bf16(low, high)            both rounded to bf16, in one register
//   mma_m16n8k8(c, a, b)            c += a * b, TF32: a is 16x8, b 8x8, c 16x8 in fp32
//   mma_m16n8k16(c, a, b)           c += a * b, bf16: a is 16x16, b 16x8
//   load_matrices(r, row)           ldmatrix: as many 8x8 matrices of 16-bit elements as r has registers;
//   load_matrices_transposed(..)    lane 8i + j gives the address of row j of matrix i
//
//   copy_async<bytes>(to, from, n)  4, 8 or 16 bytes to shared memory, of which the first n are read and
//                                   the rest are zero
//   commit_copies()                 those since the last commit become a group
//   wait_for_copies<n>()            until at most n groups are in flight; others need a barrier besides
//
// All lanes of a warp call the matrix instructions together. Fragments lie as the PTX ISA says: with
// g = lane / 4 and t = lane % 4,
//   m16n8k8:  a = (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4);  b = (t, g), (t + 4, g)
//   m16n8k16: a = (g, 2t), (g + 8, 2t), (g, 2t + 8), (g + 8, 2t + 8);  b = (2t, g), (2t + 8, g); each with
//             its right (a) or lower (b) neighbour in the high half
//   c = (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1)
#pragma once

#include "kernels/cuda/portable.cuh"

#include EMULSION_MATRIX_INSTRUCTIONS
