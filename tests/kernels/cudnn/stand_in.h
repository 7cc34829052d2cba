// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a test says to the stand-in for cuDNN, and what it may look at. The stand-in is a shared library with
// cuDNN's own functions: it minds NVIDIA's rules and evaluates what it is told in host memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace emulsion::kernels::tests {

/// An engine that the stand-in's heuristics name.
struct StandInEngine {
    std::int64_t index = 0;      ///< its global index
    unsigned notes = 0;          ///< 1 << CUDNN_NUMERICAL_NOTE_... of each note
    std::int64_t workspace = 0;  ///< bytes that it takes
    double noise = 0;            ///< relative error of its results, of Winograd's kind
    bool fallback = false;       ///< named by CUDNN_HEUR_MODE_FALLBACK, otherwise by the other modes
    bool plans = true;           ///< false: named, but its plan cannot be finalized, as happens
    std::int64_t knob = 0;       ///< the value of its one knob, CUDNN_KNOB_TYPE_TILE_SIZE
};

/// The stand-in's own functions.
struct StandInCudnn {
    /// Forgets the log, the counts, ordered failures, engines and version; live objects stay.
    void (*reset)();

    /// One line for each call that makes, finalizes, gives back or runs something.
    long (*log_lines)();
    const char* (*log_line)(long);
    /// Calls of a function ("cudnnBackendFinalize"), or of all ("").
    long (*calls)(const char* function);
    /// Objects not given back: "handle", "backend", "tensor", "lrn", or of all kinds ("").
    long (*live)(const char* kind);

    /// From now on the nth call (from 1) of a function, or of any (""), answers with the status and does
    /// nothing, except that what is given back is gone all the same.
    void (*fail)(const char* function, long nth, int status);

    /// What heuristics name from now on; null: the usual engines.
    void (*offer)(const StandInEngine*, long count);
    /// What cudnnGetVersion answers from now on.
    void (*set_version)(std::size_t);
};

}  // namespace emulsion::kernels::tests

extern "C" const emulsion::kernels::tests::StandInCudnn* emulsion_stand_in_cudnn();
