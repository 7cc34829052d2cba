// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A CUDA runtime without a GPU, to be linked in place of the real one: what kernels/cuda asks of it is done
// in host memory, as late as CUDA allows, on as many cards as a test wants. It minds what the real one minds:
// that objects are used on their own card, and that nothing is left behind.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <string>
#include <vector>

namespace emulsion::kernels::tests {

/// What a test says of the machine, and what it may look at.
struct FakeMachine {
    cudaError_t count_error = cudaSuccess;  ///< of cudaGetDeviceCount
    int driver = 13000;
    std::vector<cudaError_t> probe_errors{cudaSuccess};  ///< for each card, of cudaFuncGetAttributes
    std::size_t memory = std::size_t{1} << 30;           ///< of each card
    cudaError_t failed_work = cudaSuccess;  ///< what the next wait or request answers, and all later ones

    int objects = 0;                  ///< streams, events, graphs and memory that are not given back
    std::vector<std::string> misuse;  ///< what the real runtime would have refused or got wrong
};

/// The machine that calls see. reset() makes it new.
FakeMachine& fake_machine();
void reset_fake_machine();

}  // namespace emulsion::kernels::tests
