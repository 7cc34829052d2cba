// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Kernels with a fault each, planted to show that the emulator finds it, and the same kernels without.
#pragma once

#include <iterator>

#include "kernels/cuda/queue.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

/// What shows that a fault is there.
enum class Sign {
    none,
    result,   ///< what the kernel computes, in some order of threads
    damage,   ///< memory_damage(), after the launch
    stopped,  ///< launch() throws
    aborted,  ///< the sanitizer ends the program
};

struct PlantedFault {
    const char* name;
    /// Takes 64 numbers, makes 64. Lines of a planted fault that a report must name are marked NAME in
    /// faults.cu.
    void (*run)(bool planted, const float* src, float* dst, const Queue&);
    Sign fast, address;      ///< of the fast build and of AddressSanitizer's; the access log always stops
    const char* stopped_by;  ///< what launch() says if it does, in forward order
};

inline constexpr int fault_floats = 64;

extern const PlantedFault planted_faults[];
extern const int planted_fault_count;

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
