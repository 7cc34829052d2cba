// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Reorders between the plain layouts nchw and nhwc, and conversions between f32 and bf16.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/eigen/operations.h"
#include "kernels/eigen/plan.h"

namespace emulsion::kernels::eigen {
namespace {

/// The upper half of an f32.
struct Bf16 {
    std::uint16_t bits;
};

struct Convert {
    static void to(float from, float& result) { result = from; }
    static void to(Bf16 from, Bf16& result) { result = from; }
    static void to(Bf16 from, float& result) {
        result = std::bit_cast<float>(std::uint32_t{from.bits} << 16);
    }

    /// To nearest, ties to even. A NaN stays one: rounding could carry it into infinity.
    static void to(float from, Bf16& result) {
        const auto bits = std::bit_cast<std::uint32_t>(from);
        const std::uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
        result.bits = static_cast<std::uint16_t>(std::isnan(from) ? (bits >> 16 | 0x40) : rounded);
    }
};

class ReorderPlan final : public PlainPlan {
   public:
    static bool understands(const Operation& op, const Limits&) {
        const auto& r = op.as<Reorder>();
        return stands(r.shape, r.from) && stands(r.shape, r.to) &&
               (r.from.type == r.to.type || (is_floating(r.from.type) && is_floating(r.to.type))) &&
               (r.from.kind == r.to.kind || is_floating(r.from.type));
    }

    ReorderPlan(const Operation& op, const Limits&) : r_(op.as<Reorder>()) {
        set_layout(Operand::src, r_.from);
        set_layout(Operand::dst, r_.to);
        batch_invariant_ = true;
        variant_ = r_.from.kind == r_.to.kind ? "copy" : "transpose";
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        const auto* const src = arguments.get<const std::byte>(Operand::src);
        auto* const dst = arguments.get<std::byte>(Operand::dst);
        if (r_.from == r_.to)
            copy_bytes(src, dst, stream);
        else if (r_.from.type == DataType::f32 && r_.to.type == DataType::f32)
            move<float, float>(src, dst, stream);
        else if (r_.from.type == DataType::f32)
            move<float, Bf16>(src, dst, stream);
        else if (r_.to.type == DataType::f32)
            move<Bf16, float>(src, dst, stream);
        else
            move<Bf16, Bf16>(src, dst, stream);
    }

   private:
    static bool is_floating(DataType type) { return type == DataType::f32 || type == DataType::bf16; }

    static bool stands(const Shape& shape, const Layout& layout) {
        return layout.kind != Layout::Kind::opaque &&
               layout.bytes == static_cast<std::size_t>(shape.count()) * size_of(layout.type);
    }

    void copy_bytes(const std::byte* src, std::byte* dst, const Stream& stream) const {
        parallel_for(stream, static_cast<std::int64_t>(r_.from.bytes), 4 * elementwise_grain,
                     [&](std::int64_t begin, std::int64_t end, int) {
                         std::memcpy(dst + begin, src + begin, static_cast<std::size_t>(end - begin));
                     });
    }

    template <class From, class To>
    void move(const void* src, void* dst, const Stream& stream) const {
        const auto* const from = static_cast<const From*>(src);
        auto* const to = static_cast<To*>(dst);
        if (r_.from.kind == r_.to.kind)
            convert(from, to, stream);
        else if (r_.from.kind == Layout::Kind::nchw)
            transpose(from, to, r_.shape.c, r_.shape.h * r_.shape.w, stream);
        else
            transpose(from, to, r_.shape.h * r_.shape.w, r_.shape.c, stream);
    }

    template <class From, class To>
    void convert(const From* from, To* to, const Stream& stream) const {
        parallel_for(stream, r_.shape.count(), elementwise_grain,
                     [&](std::int64_t begin, std::int64_t end, int) {
                         for (std::int64_t i = begin; i < end; ++i) Convert::to(from[i], to[i]);
                     });
    }

    /// Every image's rows x columns matrix, in squares whose lines all stay in the first cache.
    template <class From, class To>
    void transpose(const From* from, To* to, std::int64_t rows, std::int64_t columns,
                   const Stream& stream) const {
        constexpr std::int64_t side = 32;
        const std::int64_t bands = divide_up(rows, side);
        parallel_for(stream, r_.shape.n * bands, grain_of(side * columns),
                     [&](std::int64_t begin, std::int64_t end, int) {
                         for (std::int64_t item = begin; item < end; ++item) {
                             const From* const image = from + item / bands * rows * columns;
                             To* const result = to + item / bands * rows * columns;
                             const std::int64_t top = item % bands * side,
                                                bottom = std::min(rows, top + side);
                             for (std::int64_t left = 0; left < columns; left += side)
                                 for (std::int64_t c = left; c < std::min(columns, left + side); ++c)
                                     for (std::int64_t r = top; r < bottom; ++r)
                                         Convert::to(image[r * columns + c], result[c * rows + r]);
                         }
                     });
    }

    const Reorder r_;
};

}  // namespace

Implementation reorder() {
    return implementation<ReorderPlan>();
}

}  // namespace emulsion::kernels::eigen
