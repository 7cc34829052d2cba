// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A compiled net: the steps that will run, who runs each, in which layouts, and what memory that
// takes. Compiling takes no memory for weights or activations, so `inspect` can answer for any batch.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "emulsion/layer.h"
#include "emulsion/options.h"

namespace emulsion {

enum class Pass { forward, backward, update };

/// One step as people see it.
struct StepInfo {
    std::string layer;  ///< name of its layer; "conv2/reorder" for a reorder before conv2
    Pass pass = Pass::forward;
    kernels::Operation operation;
    std::string implementation, variant;  ///< "onednn", "jit:avx512_core"
    kernels::Cost cost;
    std::size_t workspace_bytes = 0, packed_bytes = 0;
    double milliseconds = 0;  ///< summed over the profiled runs
    int runs = 0;
};

/// Bytes, by what they are for.
struct MemoryPlan {
    std::size_t parameters = 0, gradients = 0, momentum = 0;  ///< flat, fp32
    std::size_t packed = 0;       ///< private copies of weights in the layouts that plans want
    std::size_t activations = 0;  ///< after sharing by liveness
    std::size_t unshared = 0;     ///< what activations would take without sharing (not part of total)
    std::size_t workspace = 0;    ///< as large as the hungriest plan's
    std::size_t staging = 0;      ///< photos on their way in
    std::size_t total() const {
        return parameters + gradients + momentum + packed + activations + workspace + staging;
    }
};

/// What a layer is, for tables: its shapes, parameters and cost per run.
struct LayerInfo {
    std::string name, type;
    std::vector<Shape> inputs, outputs;
    std::int64_t parameters = 0;
    double forward_flop = 0;
};

enum class Mode { inference, training };

class Program {
   public:
    virtual ~Program() = default;
    virtual const std::vector<LayerInfo>& layers() const = 0;
    /// Forward steps, then backward steps, in the order in which they run.
    virtual std::vector<StepInfo> steps() const = 0;
    virtual const MemoryPlan& memory() const = 0;
    /// "relu1 into conv1", "drop6 is nothing at inference": one line a rewrite.
    virtual const std::vector<std::string>& rewrites() const = 0;
};

/// Compiles a net for a batch, mode and device. Error(data): the net is unsound; Error(device): the
/// device or a forced implementation is missing.
std::unique_ptr<Program> compile(const NetDef&, Mode, const Options&,
                                 const LayerFactory& = standard_layers());

/// The largest batch whose plan, by the order of the lists, fits in `limit` bytes; 0 if not even one photo
/// does. A tuned plan may want more scratch.
int largest_batch(const NetDef&, Mode, Options, std::size_t limit, const LayerFactory& = standard_layers());

}  // namespace emulsion
