// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A plan on its own: verified, then timed. What the tuner chooses by, and what bench/ reports.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/device.h"
#include "engine/schedule.h"

namespace emulsion {

/// What an operation reads: seeded numbers in plain layouts, the same for every implementation.
struct Inputs {
    std::map<Operand, std::vector<std::byte>> at;
    std::vector<std::vector<std::byte>> list;                 ///< a concat's sources
    std::uint64_t seed = 0;                                   ///< of a forward operation's inputs too
    kernels::Precision precision = kernels::Precision::fp32;  ///< likewise
};
/// For plans that multiply in bf16 or TF32 the numbers are ones that these hold: so all implementations see
/// the same, products are exact in fp32, and the same of two numbers is the larger. In fp32 they are not, for
/// then a plan that rounds is found out.
Inputs random_inputs(const kernels::Operation&, std::uint64_t seed,
                     kernels::Precision = kernels::Precision::fp32);

/// What an operation wrote, in plain layouts; a square sum as one float.
struct Outputs {
    std::map<Operand, std::vector<float>> at;
    std::vector<std::vector<float>> list;  ///< the gradients of a concat's sources
};

/// The shape of an operand in plain layout; flat for what is no image.
Shape operand_shape(const kernels::Operation&, Operand);

/// The forward operation whose `saved` a backward one reads; none where it reads no such thing.
std::optional<kernels::Operation> forward_of(const kernels::Operation&);

/// Writes through more memory than the caches of a device hold, so that nothing else is left in them.
class CacheFlush {
   public:
    explicit CacheFlush(Device&);
    void flush();

   private:
    Device& device_;
    std::shared_ptr<Memory> memory_;
    int round_ = 0;
};

/// One plan with memory of its own on a device, its operands in the layouts that it asks for.
class Trial {
   public:
    /// Takes memory, lays out the inputs and packs weights. A backward operation that has a forward_of is
    /// given its trial, which has run and outlives this one: what it wrote is read here. Throws
    /// OutOfDeviceMemory, and what plans throw.
    Trial(Device&, const kernels::Operation&, std::shared_ptr<const kernels::Plan>, const Inputs&,
          const Trial* forward = nullptr);
    ~Trial();

    /// Asks for one run.
    void run();
    /// Milliseconds of one run, the caches flushed before or (null) as the last run left them.
    double time(CacheFlush*);
    /// Milliseconds of one packing of the weights; 0 where the plan reads plain ones.
    double time_packing();
    /// Of the first run, where the operation updates in place.
    Outputs outputs() const;
    const kernels::Plan& plan() const;

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The readable implementation's outputs on the CPU: what all others are held against.
class Reference {
   public:
    Reference(const kernels::Operation&, const Inputs&, int threads);
    /// Empty, or one line that says how far `tested` is off, and how far it may be.
    std::string complaint(const Outputs& tested, kernels::Precision) const;

   private:
    kernels::Operation operation_;
    Outputs expected_;
};

}  // namespace emulsion
