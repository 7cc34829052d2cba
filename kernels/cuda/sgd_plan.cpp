// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The SGD update: frozen and empty segments are left out here, so that the kernel needs not look at them.
#include <cstddef>

#include "kernels/cuda/operations.h"
#include "kernels/cuda/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

// The kernel's page is C++17 and has a mirror of the rates, which must lie as the caller's do.
static_assert(sizeof(SgdRates) == sizeof(kernels::SgdRates));
static_assert(offsetof(SgdRates, rate) == offsetof(kernels::SgdRates, rate));
static_assert(offsetof(SgdRates, momentum) == offsetof(kernels::SgdRates, momentum));
static_assert(offsetof(SgdRates, decay) == offsetof(kernels::SgdRates, decay));
static_assert(offsetof(SgdRates, scale) == offsetof(kernels::SgdRates, scale));
static_assert(offsetof(SgdRates, skip) == offsetof(kernels::SgdRates, skip));

class SgdUpdate final : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }
    static bool countable() { return true; }  // in 64 bits

    SgdUpdate(const Operation& op, const Limits&) : l1_(op.as<Sgd>().l1) {
        const auto& sgd = op.as<Sgd>();
        for (const Sgd::Segment& s : sgd.segments)
            if (s.rate_mult != 0 && s.count > 0)
                segments_.push_back({s.offset, s.count, s.rate_mult, s.decay_mult});
        plain(Operand::weights, sgd.count);
        plain(Operand::diff_weights, sgd.count);
        plain(Operand::momentum, sgd.count);
        plain(Operand::rates, sizeof(SgdRates), DataType::u8);
        in_place_ = true;
        variant_ = l1_ ? "elementwise l1" : "elementwise l2";
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        sgd_update(segments_.data(), static_cast<int>(segments_.size()), l1_,
                   arguments.get<float>(Operand::weights), arguments.get<const float>(Operand::diff_weights),
                   arguments.get<float>(Operand::momentum), arguments.get<const SgdRates>(Operand::rates),
                   queue_of(stream));
    }

   private:
    const bool l1_;
    std::vector<SgdSegment> segments_;
};

}  // namespace

std::vector<Implementation> sgd_update_entries() {
    return {implementation<SgdUpdate>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
