// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Photos to a net's input: cropping, mirroring, channel order, mean and scale, in one pass.
#include "kernels/eigen/operations.h"
#include "kernels/eigen/plan.h"

namespace emulsion::kernels::eigen {
namespace {

class PrepareInputPlan final : public PlainPlan {
   public:
    static bool understands(const Operation& op, const Limits&) {
        const auto& p = op.as<PrepareInput>();
        return p.dst.c == 3 && p.dst.h <= p.photo_h && p.dst.w <= p.photo_w;
    }

    PrepareInputPlan(const Operation& op, const Limits&) : p_(op.as<PrepareInput>()) {
        const std::int64_t photo = std::int64_t{3} * p_.photo_h * p_.photo_w;
        plain(Operand::photos, p_.dst.n * photo, DataType::u8);
        plain(Operand::crops, p_.dst.n * 3, DataType::i32);
        if (p_.mean_image) plain(Operand::mean, photo);
        plain(Operand::dst, p_.dst.count());
        batch_invariant_ = true;
        variant_ = p_.mean_image ? "mean image" : "channel means";
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        const std::int64_t lines = 3 * p_.dst.h;
        parallel_for(stream, p_.dst.n * lines, grain_of(p_.dst.w),
                     [&](std::int64_t begin, std::int64_t end, int) {
                         for (std::int64_t i = begin; i < end; ++i)
                             write_line(arguments, i / lines, i % lines / p_.dst.h, i % p_.dst.h);
                     });
    }

   private:
    void write_line(const Arguments& arguments, std::int64_t n, std::int64_t channel, std::int64_t y) const {
        const auto* const crop = arguments.get<const std::int32_t>(Operand::crops) + n * 3;
        const std::int64_t line = crop[0] + y, left = crop[1];
        const auto* const photo = arguments.get<const std::uint8_t>(Operand::photos) +
                                  ((n * p_.photo_h + line) * p_.photo_w + left) * 3 +
                                  (p_.bgr ? 2 - channel : channel);
        float* const to = arguments.get<float>(Operand::dst) + ((n * 3 + channel) * p_.dst.h + y) * p_.dst.w;
        const auto c = static_cast<std::size_t>(channel);
        const float scale = p_.scale[c];
        if (p_.mean_image) {
            const float* const mean =
                arguments.get<const float>(Operand::mean) + (channel * p_.photo_h + line) * p_.photo_w + left;
            convert(photo, to, crop[2] != 0,
                    [=](float value, std::int64_t x) { return (value - mean[x]) * scale; });
        } else {
            const float mean = p_.mean[c];
            convert(photo, to, crop[2] != 0,
                    [=](float value, std::int64_t) { return (value - mean) * scale; });
        }
    }

    /// A mirrored line is written from its end.
    template <class Normalise>
    void convert(const std::uint8_t* photo, float* to, bool mirrored, Normalise normalise) const {
        const std::int64_t width = p_.dst.w;
        if (mirrored)
            for (std::int64_t x = 0; x < width; ++x) to[width - 1 - x] = normalise(photo[x * 3], x);
        else
            for (std::int64_t x = 0; x < width; ++x) to[x] = normalise(photo[x * 3], x);
    }

    const PrepareInput p_;
};

}  // namespace

Implementation prepare_input() {
    return implementation<PrepareInputPlan>();
}

}  // namespace emulsion::kernels::eigen
