// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// One case by one implementation: verified, then timed.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bench/kernel_cases.h"
#include "bench/pace.h"
#include "engine/trial.h"

namespace emulsion::bench {

struct KernelTiming : Timing {
    std::string variant;              ///< what the plan says of itself
    double packing_milliseconds = 0;  ///< once a model, or in training once an update; not in the times
};

class KernelBench {
   public:
    /// `cold`: before each run the caches are flushed.
    KernelBench(std::unique_ptr<Device>, kernels::Precision, Pace, bool cold);
    ~KernelBench();

    /// Whether the entry is of this device and can run the case. Takes next to no time.
    bool offers(const KernelCase&, const kernels::Implementation&) const;

    /// Never throws for what goes wrong with the entry: the timing then says what. Inputs and the readable
    /// implementation's result are kept for the next call, which should be of the same case.
    KernelTiming run(const KernelCase&, const kernels::Implementation&);

   private:
    struct Subject;
    const Subject& subject_of(const KernelCase&);
    KernelTiming verify_and_time(const KernelCase&, const kernels::Implementation&);

    std::unique_ptr<Device> device_;
    kernels::Precision precision_;
    Pace pace_;
    std::optional<CacheFlush> flush_;  ///< where caches are to be cold
    std::unique_ptr<Subject> subject_;
};

}  // namespace emulsion::bench
