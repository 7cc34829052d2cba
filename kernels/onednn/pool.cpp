// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Pooling, by loops of our own in whichever layout arrives: oneDNN's maximum loses a NaN, its average knows
// only two of the divisors. What the loops read is planes of h x w cells of some channels each (Planes);
// the channels of a cell are the lanes of a vector.
//
// `saved`, for maximum: the winner of each window, a byte that counts the window's cells in row order, laid
// out as dst. The backward pass goes over the cells of diff_src and gathers from the windows that cover
// each: every cell is written once, in an order that does not depend on the threads.
#include "kernels/onednn/call.h"
#include "kernels/onednn/elementwise.h"
#include "kernels/onednn/layouts.h"
#include "kernels/onednn/list.h"
#include "kernels/onednn/pool_loops.h"

namespace emulsion::kernels::onednn {
namespace {

constexpr int most_cells = 256;  // of a window whose winner a byte can name
constexpr int vector_lanes = 8;

class PoolPlan : public Plan {
   public:
    struct Recipe {
        Pool pool;
        Planes planes;
        memory::desc src, dst;
        bool saves;
        std::size_t workspace_bytes = 0;
    };

   protected:
    explicit PoolPlan(const Recipe&);

    static Layout saved_layout(const Recipe&);
    /// The recipe in the layout of one side, or none where there is no loop for it.
    static std::optional<Recipe> recipe_in(const Pool&, const memory::desc& one_side, bool saves);

    /// body(T{}, width) with the element type and the lanes of a vector as constants.
    template <class Body>
    void with_cells(Body&& body) const {
        with_type_of(type_, [&]<class T>(T element) {
            if (lanes_ % vector_lanes == 0)
                body(element, std::integral_constant<int, vector_lanes>{});
            else
                body(element, std::integral_constant<int, 1>{});
        });
    }

    /// body(plane, row) for each row of `height` in each plane.
    template <class Body>
    void for_rows(const Stream& stream, std::int64_t height, Body&& body) const {
        const std::int64_t grain = elementwise_grain / (src_w_ * lanes_) + 1;
        parallel_for(stream, planes_ * height, grain, [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t i = begin; i < end; ++i) body(i / height, i % height);
        });
    }

    bool saves() const { return layout(Operand::saved).bytes != 0; }

    std::int64_t planes_, lanes_;
    std::int64_t src_h_, src_w_, dst_h_, dst_w_;
    DataType type_;
    Axis y_, x_;
};

PoolPlan::PoolPlan(const Recipe& r)
    : planes_(r.planes.per_image * r.pool.src.n),
      lanes_(r.planes.lanes),
      src_h_(r.pool.src.h),
      src_w_(r.pool.src.w),
      dst_h_(r.pool.dst.h),
      dst_w_(r.pool.dst.w),
      type_(r.planes.type),
      y_(src_h_, dst_h_, r.pool.kernel_h, r.pool.stride_h, r.pool.pad_h, r.pool.mode),
      x_(src_w_, dst_w_, r.pool.kernel_w, r.pool.stride_w, r.pool.pad_w, r.pool.mode) {
    if (r.saves) set_layout(Operand::saved, saved_layout(r));
    batch_invariant_ = true;
    variant_ = "loop";
}

Layout PoolPlan::saved_layout(const Recipe& r) {
    return private_layout({dims(r.pool.dst), memory::data_type::u8, r.planes.tag}, "winners of windows");
}

std::optional<PoolPlan::Recipe> PoolPlan::recipe_in(const Pool& p, const memory::desc& one_side, bool saves) {
    const auto planes = planes_of(one_side);
    const bool sound = Axis(p.src.h, p.dst.h, p.kernel_h, p.stride_h, p.pad_h, p.mode).sound &&
                       Axis(p.src.w, p.dst.w, p.kernel_w, p.stride_w, p.pad_w, p.mode).sound;
    if (!planes || !sound || (saves && p.kernel_h * p.kernel_w > most_cells)) return std::nullopt;
    const auto type = one_side.data_type();
    return Recipe{p, *planes, {dims(p.src), type, planes->tag}, {dims(p.dst), type, planes->tag}, saves};
}

class PoolForward final : public PoolPlan {
   public:
    static std::optional<Recipe> consider(const Operation& op, const Limits& limits) {
        const auto& p = op.as<Pool>();
        return recipe_in(p, arriving_desc(limits, Operand::src, p.src),
                         p.keep && p.mode == Pool::Mode::maximum);
    }

    explicit PoolForward(const Recipe& recipe)
        : PoolPlan(recipe), maximum_(recipe.pool.mode == Pool::Mode::maximum) {
        set_layout(Operand::src, value_layout(recipe.src));
        set_layout(Operand::dst, value_layout(recipe.dst));
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        with_cells([&]<class T, int width>(T, std::integral_constant<int, width>) {
            for_rows(stream, dst_h_, [&](std::int64_t plane, std::int64_t oy) {
                const T* const src = arguments.get<const T>(Operand::src) + plane * src_h_ * src_w_ * lanes_;
                const std::int64_t first = (plane * dst_h_ + oy) * dst_w_ * lanes_;
                T* const dst = arguments.get<T>(Operand::dst) + first;
                if (!maximum_)
                    average_row<width>(src, oy, dst);
                else if (saves())
                    maximum_row<width, true>(src, oy, dst,
                                             arguments.get<std::uint8_t>(Operand::saved) + first);
                else
                    maximum_row<width, false>(src, oy, dst, nullptr);
            });
        });
    }

   private:
    template <int width, bool keeps_winner, class T>
    void maximum_row(const T* src, std::int64_t oy, T* dst, std::uint8_t* winners) const {
        const Stretch& y = y_.of_window[static_cast<std::size_t>(oy)];
        for (const Stretch& x : x_.of_window) {
            const T* const first = src + (y.begin * src_w_ + x.begin) * lanes_;
            for (std::int64_t lane = 0; lane < lanes_; lane += width) {
                maximum<width, keeps_winner>(first + lane, src_w_ * lanes_, lanes_, x_, y, x, dst, winners);
                dst += width;
                if constexpr (keeps_winner) winners += width;
            }
        }
    }

    template <int width, class T>
    void average_row(const T* src, std::int64_t oy, T* dst) const {
        const Stretch& y = y_.of_window[static_cast<std::size_t>(oy)];
        for (std::size_t ox = 0; ox < x_.of_window.size(); ++ox) {
            const Stretch& x = x_.of_window[ox];
            const T* const first = src + (y.begin * src_w_ + x.begin) * lanes_;
            const auto divisor = y_.divisor[static_cast<std::size_t>(oy)] * x_.divisor[ox];
            const float share = 1.0F / static_cast<float>(divisor);
            for (std::int64_t lane = 0; lane < lanes_; lane += width, dst += width)
                average<width>(first + lane, src_w_ * lanes_, lanes_, y, x, share, dst);
        }
    }

    bool maximum_;
};

class PoolBackward final : public PoolPlan {
   public:
    /// In the layout in which the forward pass left its winners, or in which the gradient arrives.
    static std::optional<Recipe> consider(const Operation& op, const Limits& limits) {
        const auto& p = op.as<Pool>();
        const bool saves = p.mode == Pool::Mode::maximum;
        if (!saves) return recipe_in(p, arriving_desc(limits, Operand::diff_dst, p.dst), saves);
        if (limits.forward == nullptr) return std::nullopt;
        const auto dst = known_desc(limits.forward->layout(Operand::dst), p.dst);
        if (!dst) return std::nullopt;
        auto recipe = recipe_in(p, *dst, saves);
        if (recipe && !(limits.forward->layout(Operand::saved) == saved_layout(*recipe))) return std::nullopt;
        return recipe;
    }

    explicit PoolBackward(const Recipe& recipe) : PoolPlan(recipe) {
        set_layout(Operand::diff_src, value_layout(recipe.src));
        set_layout(Operand::diff_dst, value_layout(recipe.dst));
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        with_cells([&]<class T, int width>(T, std::integral_constant<int, width>) {
            for_rows(stream, src_h_, [&](std::int64_t plane, std::int64_t y) {
                const std::int64_t windows = plane * dst_h_ * dst_w_ * lanes_;
                const auto* const winners = arguments.get<const std::uint8_t>(Operand::saved);
                gather_row<width>(
                    arguments.get<const T>(Operand::diff_dst) + windows,
                    saves() ? winners + windows : nullptr, y,
                    arguments.get<T>(Operand::diff_src) + (plane * src_h_ + y) * src_w_ * lanes_);
            });
        });
    }

   private:
    template <int width, class T>
    void gather_row(const T* diff_dst, const std::uint8_t* winners, std::int64_t row, T* diff_src) const {
        const Stretch& y = y_.of_cell[static_cast<std::size_t>(row)];
        const std::int64_t row_step = dst_w_ * lanes_;
        for (const Stretch& x : x_.of_cell) {
            const std::int64_t first = (y.begin * dst_w_ + x.begin) * lanes_;
            for (std::int64_t at = first; at < first + lanes_; at += width, diff_src += width)
                if (winners != nullptr)
                    gather_won<width>(diff_dst + at, winners + at, row_step, lanes_, y_, x_, y, x, diff_src);
                else
                    gather_shared<width>(diff_dst + at, row_step, lanes_, y_, x_, y, x, diff_src);
        }
    }
};

}  // namespace

Implementation pool_forward() {
    return Entry<PoolForward>::implementation();
}
Implementation pool_backward() {
    return Entry<PoolBackward>::implementation();
}

}  // namespace emulsion::kernels::onednn
