// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What bench_kernels runs: every operation that some net is made of, once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "emulsion/options.h"
#include "kernels/kernels.h"

namespace emulsion::bench {

/// One operation as it stands in a net: with the layouts in which its operands leave the plans before it, so
/// that a plan that follows them is the plan that the net would have.
struct KernelCase {
    std::string net, layer;
    int batch = 1;
    kernels::Operation operation;
    kernels::Limits limits;                     ///< all but `forward`
    std::shared_ptr<const KernelCase> forward;  ///< of a backward operation that reads what its forward kept

    /// "conv_forward/alexnet/conv2/n50"; "lrn_forward/alexnet/norm1-kept/n50" keeps what its backward pass
    /// reads.
    std::string name() const;
};

/// The operations of the nets' inference, then those that training adds: backward passes, update and the
/// reorders between plans that disagree. An operation of the same description comes up once, under the first
/// net and batch that has it. Nothing is run. Of the options, device, threads, precision and implementations
/// count. Error(usage) for a net that there is not.
std::vector<KernelCase> kernel_cases(const std::vector<std::string>& nets, const std::vector<int>& batches,
                                     const Options&);

}  // namespace emulsion::bench
