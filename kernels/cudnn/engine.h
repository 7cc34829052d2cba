// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Which of cuDNN's engines runs a graph: the heuristics name some, fastest first by NVIDIA's own model, and
// we leave out those that do to numbers what was not agreed.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "kernels/cudnn/graph.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {

/// What plans are made for: the card of a handle; or one that is only described (a finalized DEVICEPROP
/// descriptor, cuDNN 9.8 and later), so that what cuDNN would do on it can be asked where it is not.
struct Target {
    cudnnHandle_t handle = nullptr;
    const BackendDescriptor* card = nullptr;
};

/// What an engine may do to numbers, and take.
struct Demands {
    Precision precision = Precision::fp32;
    bool transformed = false;  ///< only the ways of Winograd and Fourier, which round more; else none of them
    std::size_t workspace_bytes = ~std::size_t{0};
};

/// An engine with its settings, ready to run a graph. What its plan was made from is kept with it, the handle
/// of the thread that made it too: NVIDIA does not say that a plan outlives that.
struct Engine {
    std::shared_ptr<const Handle> maker;  ///< null where the card was only described
    BackendDescriptor graph, settings, plan;
    std::size_t workspace_bytes = 0;
    std::string name;  ///< "engine 67", with the settings of its knobs: "engine 67 (2=3 7=1)"
};

/// The engine at place `rank` (from 0) of those that the heuristics name and that meet the demands; none
/// where there are fewer, or where cuDNN supports no such graph. Always deterministic.
std::optional<Engine> choose_engine(const Graph&, const Target&, const Demands&, int rank);

/// Asks for one run, with an address for each tensor that has memory, on the stream of the handle.
void execute(cudnnHandle_t, const Engine&, std::initializer_list<std::pair<Operand, const void*>>,
             void* workspace);

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
