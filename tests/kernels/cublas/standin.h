// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A library that stands in for cuBLAS where there is no card: the same C functions, declared by NVIDIA's own
// headers. It notes what it is told, refuses what NVIDIA's documentation forbids, and otherwise computes what
// was asked for, on memory of the host, in double and in plain loops, from what it was told alone. So a wrong
// transpose, extent or pointer makes wrong results, which the oracles of tests/kernels see.
//
// Tests reach these functions by dlsym (standin_control.h).
#pragma once

#include <stddef.h>

extern "C" {

/// An algorithm that the heuristics may name.
struct StandInAlgorithm {
    int id;
    size_t workspace;
    unsigned scheme;     ///< cublasLtReductionScheme_t
    unsigned alignment;  ///< that it needs of every operand, in bytes
    int epilogues;       ///< not 0: knows BIAS and BGRADB
    int state;           ///< cublasStatus_t, as the heuristics report it
};

/// Forgets the log, the misuse, failures to come and offers.
void standin_reset();
/// What heuristics choose from, in this order.
void standin_offer(const StandInAlgorithm*, int count);
/// The call of that function that comes after `calls_before` others returns `status` and does nothing.
void standin_fail(const char* function, int calls_before, int status);
/// What was called, a line each.
const char* standin_log();
/// What was refused or must not happen, a line each.
const char* standin_misuse();
/// Descriptors, and handles, that have been made and not been destroyed.
int standin_descriptors();
int standin_handles();
}
