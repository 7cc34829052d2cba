// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "apps/baseline/machine.h"

namespace emulsion::baseline {
namespace {

class OwnMachine final : public Machine {
   public:
    OwnMachine(DotRows& dots, const Kernel& kernel, const std::vector<std::int32_t>& members,
               const std::vector<std::int8_t>& labels, std::size_t cache_bytes)
        : rows_(dots, kernel, members, cache_bytes), solver_(rows_, labels) {}

    SmoSolution solve(double c) override { return last_ = solver_.solve(c); }

    std::vector<double> decisions(std::span<const std::int32_t> targets) override {
        std::vector<double> sums(targets.size(), -last_.rho);
        rows_.accumulate(last_.beta, targets, sums);
        return sums;
    }

   private:
    KernelRows rows_;
    SmoSolver solver_;
    SmoSolution last_;
};

}  // namespace

MachineMaker own_machines(DotRows& dots, std::size_t cache_bytes) {
    return [&dots, cache_bytes](const Kernel& kernel, const std::vector<std::int32_t>& members,
                                const std::vector<std::int8_t>& labels) -> std::unique_ptr<Machine> {
        return std::make_unique<OwnMachine>(dots, kernel, members, labels, cache_bytes);
    };
}

}  // namespace emulsion::baseline
