// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Pooling. A plane (one channel of one image) is the unit of work, forward and backward: windows that
// overlap add to one place in the same plane only, in row order.
//
// Forward goes by output lines: the source lines under a window are first reduced to one line, with
// vectors, and then the cells of each window. `saved` is, for each output, the place of its maximum in
// its window, row by row: a byte where 256 places suffice, else an i32. Averages save nothing.
#include <algorithm>
#include <cmath>

#include "kernels/eigen/operations.h"
#include "kernels/eigen/plan.h"

namespace emulsion::kernels::eigen {
namespace {

/// Cells [begin, end) of a window that lie in the image; `origin` is where it begins, maybe outside.
struct Span {
    std::int64_t origin, begin, end;
    std::int64_t cells() const { return end - begin; }
};

struct Maximum {
    static constexpr bool averages = false;
    /// The first of equals stays; a NaN beats all numbers, the first NaN beats all. Without a branch (&),
    /// so that the compiler uses vectors.
    static float combine(float best, float value) {
        const bool number = !std::isnan(best), beaten = !(value <= best);
        return (number & beaten) ? value : best;
    }
};
struct Sum {
    static constexpr bool averages = true;
    static float combine(float sum, float value) { return sum + value; }
};

class PoolPlan : public PlainPlan {
   public:
    /// A window wholly outside the image has no maximum and no average.
    static bool understands(const Operation& op, const Limits&) {
        const auto& p = op.as<Pool>();
        const auto meets = [](std::int64_t src, std::int64_t dst, int kernel, int stride, int pad) {
            return kernel > pad && (dst - 1) * stride - pad < src;
        };
        return meets(p.src.h, p.dst.h, p.kernel_h, p.stride_h, p.pad_h) &&
               meets(p.src.w, p.dst.w, p.kernel_w, p.stride_w, p.pad_w);
    }

   protected:
    explicit PoolPlan(const Operation& op) : p_(op.as<Pool>()) {
        batch_invariant_ = true;
        variant_ = is_maximum() ? "max" : "average";
    }

    bool is_maximum() const { return p_.mode == Pool::Mode::maximum; }
    DataType index_type() const { return p_.kernel_h * p_.kernel_w <= 256 ? DataType::u8 : DataType::i32; }

    Span down(std::int64_t y) const { return span(y * p_.stride_h - p_.pad_h, p_.kernel_h, p_.src.h); }
    Span across(std::int64_t x) const { return span(x * p_.stride_w - p_.pad_w, p_.kernel_w, p_.src.w); }

    /// What the sum over a window is divided by.
    float divisor(const Span& rows, const Span& columns) const {
        if (p_.mode == Pool::Mode::average_inside) return static_cast<float>(rows.cells() * columns.cells());
        const std::int64_t bottom = std::min(rows.origin + p_.kernel_h, p_.src.h + p_.pad_h);
        const std::int64_t right = std::min(columns.origin + p_.kernel_w, p_.src.w + p_.pad_w);
        return static_cast<float>((bottom - rows.origin) * (right - columns.origin));
    }

    /// Calls body(plane, thread) for every plane.
    template <class Body>
    void for_each_plane(const Stream& stream, const Body& body) const {
        const std::int64_t cells = p_.dst.h * p_.dst.w * p_.kernel_h * p_.kernel_w;
        parallel_for(stream, p_.src.n * p_.src.c, grain_of(cells),
                     [&](std::int64_t begin, std::int64_t end, int part) {
                         for (std::int64_t plane = begin; plane < end; ++plane) body(plane, part);
                     });
    }

    const Pool p_;
    const std::int64_t src_plane_ = p_.src.h * p_.src.w, dst_plane_ = p_.dst.h * p_.dst.w;

   private:
    static Span span(std::int64_t origin, int kernel, std::int64_t extent) {
        return {origin, std::max<std::int64_t>(origin, 0), std::min(origin + kernel, extent)};
    }
};

class PoolForward final : public PoolPlan {
   public:
    PoolForward(const Operation& op, const Limits& limits) : PoolPlan(op) {
        plain(Operand::src, p_.src.count());
        plain(Operand::dst, p_.dst.count());
        if (p_.keep && is_maximum()) plain(Operand::saved, p_.dst.count(), index_type());
        need_workspace(line_floats_ * limits.threads);
    }

    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        for_each_plane(stream, [&](std::int64_t plane, int part) {
            const float* const src = arguments.get<const float>(Operand::src) + plane * src_plane_;
            float* const dst = arguments.get<float>(Operand::dst) + plane * dst_plane_;
            float* const line = static_cast<float*>(workspace) + line_floats_ * part;
            if (is_maximum())
                reduce<Maximum>(src, dst, line);
            else
                reduce<Sum>(src, dst, line);
            if (layout(Operand::saved).bytes == 0) return;
            if (index_type() == DataType::u8)
                find(src, dst, arguments.get<std::uint8_t>(Operand::saved) + plane * dst_plane_);
            else
                find(src, dst, arguments.get<std::int32_t>(Operand::saved) + plane * dst_plane_);
        });
    }

   private:
    template <class Reduction>
    void reduce(const float* src, float* dst, float* line) const {
        for (std::int64_t y = 0; y < p_.dst.h; ++y) {
            const Span rows = down(y);
            std::copy_n(src + rows.begin * p_.src.w, p_.src.w, line);
            for (std::int64_t row = rows.begin + 1; row < rows.end; ++row) {
                const float* const from = src + row * p_.src.w;
                for (std::int64_t x = 0; x < p_.src.w; ++x) line[x] = Reduction::combine(line[x], from[x]);
            }
            for (std::int64_t x = 0; x < p_.dst.w; ++x, ++dst) {
                const Span columns = across(x);
                float value = line[columns.begin];
                for (std::int64_t i = columns.begin + 1; i < columns.end; ++i)
                    value = Reduction::combine(value, line[i]);
                *dst = Reduction::averages ? value / divisor(rows, columns) : value;
            }
        }
    }

    /// The first cell of each window that holds its maximum.
    template <class Place>
    void find(const float* src, const float* dst, Place* saved) const {
        for (std::int64_t y = 0; y < p_.dst.h; ++y)
            for (std::int64_t x = 0; x < p_.dst.w; ++x)
                *saved++ = static_cast<Place>(place(src, *dst++, down(y), across(x)));
    }

    std::int64_t place(const float* src, float maximum, const Span& rows, const Span& columns) const {
        for (std::int64_t y = rows.begin; y < rows.end; ++y)
            for (std::int64_t x = columns.begin; x < columns.end; ++x) {
                const float value = src[y * p_.src.w + x];
                if (value == maximum || std::isnan(value))
                    return (y - rows.origin) * p_.kernel_w + x - columns.origin;
            }
        return 0;
    }

    const std::int64_t line_floats_ = whole_lines(p_.src.w);
};

class PoolBackward final : public PoolPlan {
   public:
    /// Places are saved as above only by this folder's forward plans.
    static bool understands(const Operation& op, const Limits& limits) {
        const bool reads_saved = op.as<Pool>().mode == Pool::Mode::maximum && limits.forward != nullptr;
        return PoolPlan::understands(op, limits) &&
               (!reads_saved || dynamic_cast<const PoolForward*>(limits.forward) != nullptr);
    }

    PoolBackward(const Operation& op, const Limits&) : PoolPlan(op) {
        plain(Operand::diff_dst, p_.dst.count());
        if (is_maximum()) plain(Operand::saved, p_.dst.count(), index_type());
        plain(Operand::diff_src, p_.src.count());
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        for_each_plane(stream, [&](std::int64_t plane, int) {
            const float* const diff_dst = arguments.get<const float>(Operand::diff_dst) + plane * dst_plane_;
            float* const diff_src = arguments.get<float>(Operand::diff_src) + plane * src_plane_;
            std::fill_n(diff_src, src_plane_, 0.0F);
            if (!is_maximum())
                spread(diff_dst, diff_src);
            else if (index_type() == DataType::u8)
                route(diff_dst, arguments.get<const std::uint8_t>(Operand::saved) + plane * dst_plane_,
                      diff_src);
            else
                route(diff_dst, arguments.get<const std::int32_t>(Operand::saved) + plane * dst_plane_,
                      diff_src);
        });
    }

   private:
    template <class Place>
    void route(const float* diff_dst, const Place* saved, float* diff_src) const {
        for (std::int64_t y = 0; y < p_.dst.h; ++y)
            for (std::int64_t x = 0; x < p_.dst.w; ++x) {
                const std::int64_t place = *saved++;
                const std::int64_t row = down(y).origin + place / p_.kernel_w;
                diff_src[row * p_.src.w + across(x).origin + place % p_.kernel_w] += *diff_dst++;
            }
    }

    void spread(const float* diff_dst, float* diff_src) const {
        for (std::int64_t y = 0; y < p_.dst.h; ++y)
            for (std::int64_t x = 0; x < p_.dst.w; ++x) {
                const Span rows = down(y), columns = across(x);
                const float share = *diff_dst++ / divisor(rows, columns);
                for (std::int64_t row = rows.begin; row < rows.end; ++row)
                    for (std::int64_t i = columns.begin; i < columns.end; ++i)
                        diff_src[row * p_.src.w + i] += share;
            }
    }
};

}  // namespace

Implementation pool_forward() {
    return implementation<PoolForward>();
}
Implementation pool_backward() {
    return implementation<PoolBackward>();
}

}  // namespace emulsion::kernels::eigen
