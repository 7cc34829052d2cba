// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A schedule with memory under it: every pointer of every step is fixed, and running allocates nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "emulsion/program.h"
#include "engine/device.h"
#include "engine/schedule.h"

namespace emulsion {

/// Packed copies of weights on one device, one for each parameter and layout that some plan asks for.
class PackedWeights {
   public:
    /// The copy's memory; taken and filled the first time it is asked for.
    std::shared_ptr<Memory> get(Device&, const Packed&, const float* weights, void* workspace);
    std::size_t bytes() const;

   private:
    struct Copy {
        int parameter;
        kernels::Layout layout;
        std::shared_ptr<Memory> memory;
    };
    std::vector<Copy> copies_;
};

/// Where the parameters and their gradients lie: one pointer a parameter, into memory that the device reads.
struct ParameterMemory {
    std::vector<const float*> weights;
    std::vector<float*> gradients;  ///< empty at inference
};

class Net {
   public:
    /// `arena` and `workspace` hold at least what the schedule asks for; other nets may share them, one
    /// at a time. Packs come from `packed`, filled when they are fresh.
    Net(const Schedule&, Device&, ParameterMemory, std::shared_ptr<Memory> arena,
        std::shared_ptr<Memory> workspace,
        const std::function<std::shared_ptr<Memory>(const Packed&, const float*, void* workspace)>& packed);

    /// Runs steps [begin, end) of the schedule, from a recording where the device makes them. While
    /// profiling or tracing, each step is timed on its own instead.
    void run(int begin, int end);
    void run_all() { run(0, steps_count()); }
    /// Asks for the same plans without a recording of its own: for work that is recorded, or timed, as part
    /// of something larger.
    void enqueue(int begin, int end);
    void enqueue_all() { enqueue(0, steps_count()); }
    /// Refreshes packed copy i of the schedule from the parameters; likewise.
    void enqueue_pack(std::size_t i);

    /// The memory of a buffer.
    void* place(int buffer) const;
    /// The memory of a value as it was made; null if no step touches it.
    void* address(int value) const;
    /// A value in plain NCHW fp32, on the host. Takes memory; for people and tests.
    std::vector<float> read(int value) const;
    /// What a step wrote that is not finite: the name of the value, or empty.
    std::string not_finite(int step) const;

    void profile(bool on) { profiling_ = on; }
    std::vector<StepInfo> steps() const;
    const Schedule& schedule() const { return schedule_; }

   private:
    struct Bound {
        kernels::Arguments arguments;
        std::vector<void*> list;
    };
    /// Steps that are run together, as they were recorded.
    struct Range {
        int begin, end;
        std::unique_ptr<kernels::Recording> recording;
    };
    void bind(const Step&, Bound&);
    Range& range(int begin, int end);
    void run_apart(const char* pass, int begin, int end);
    int steps_count() const { return static_cast<int>(schedule_.steps.size()); }

    const Schedule& schedule_;
    Device& device_;
    ParameterMemory parameters_;
    std::shared_ptr<Memory> arena_, workspace_;
    std::vector<std::shared_ptr<Memory>> packed_;
    std::vector<Bound> bound_;
    std::vector<int> descriptions_;  ///< of the steps, for the trace
    std::vector<Range> ranges_;
    std::vector<double> milliseconds_;
    std::vector<int> runs_;
    bool profiling_ = false;
};

/// What a step looks like to people, without its times.
StepInfo describe_step(const Step&);

}  // namespace emulsion
