// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Softmax, and softmax with cross-entropy, over rows of n x c. The largest value of a row is subtracted
// before exp, so nothing overflows, and sums are in double. A NaN or an infinity in a row makes all its
// probabilities NaN, and the loss.
#include <algorithm>
#include <cmath>

#include "kernels/eigen/operations.h"
#include "kernels/eigen/plan.h"

namespace emulsion::kernels::eigen {
namespace {

/// What remains of a row: log-sum-exp is largest + log(sum).
struct RowSum {
    double largest, sum;
};

/// dst = softmax(src), in place or not.
RowSum softmax_row(const float* src, float* dst, std::int64_t count) {
    const float largest = *std::max_element(src, src + count);
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        dst[i] = std::exp(src[i] - largest);
        sum += static_cast<double>(dst[i]);
    }
    for (std::int64_t i = 0; i < count; ++i) dst[i] = static_cast<float>(static_cast<double>(dst[i]) / sum);
    return {static_cast<double>(largest), sum};
}

bool is_row(const Shape& s) {
    return s.h == 1 && s.w == 1 && s.c > 0;
}

/// An exp costs some sixteen elementwise steps.
std::int64_t row_grain(const Shape& s) {
    return grain_of(16 * s.c);
}

class SoftmaxForward final : public PlainPlan {
   public:
    static bool understands(const Operation& op, const Limits&) { return is_row(op.as<Softmax>().shape); }

    SoftmaxForward(const Operation& op, const Limits&) : shape_(op.as<Softmax>().shape) {
        plain(Operand::src, shape_.count());
        plain(Operand::dst, shape_.count());
        batch_invariant_ = true;
        in_place_ = true;
        variant_ = "rows";
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        const auto* const src = arguments.get<const float>(Operand::src);
        auto* const dst = arguments.get<float>(Operand::dst);
        parallel_for(stream, shape_.n, row_grain(shape_), [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t n = begin; n < end; ++n)
                softmax_row(src + n * shape_.c, dst + n * shape_.c, shape_.c);
        });
    }

   private:
    const Shape shape_;
};

/// diff_src = dst * (diff_dst - sum over the row of dst * diff_dst)
class SoftmaxBackward final : public PlainPlan {
   public:
    static bool understands(const Operation& op, const Limits&) { return is_row(op.as<Softmax>().shape); }

    SoftmaxBackward(const Operation& op, const Limits&) : shape_(op.as<Softmax>().shape) {
        plain(Operand::dst, shape_.count());
        plain(Operand::diff_dst, shape_.count());
        plain(Operand::diff_src, shape_.count());
        batch_invariant_ = true;
        in_place_ = true;
        variant_ = "rows";
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        const auto* const dst = arguments.get<const float>(Operand::dst);
        const auto* const diff_dst = arguments.get<const float>(Operand::diff_dst);
        auto* const diff_src = arguments.get<float>(Operand::diff_src);
        parallel_for(stream, shape_.n, row_grain(shape_), [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t n = begin; n < end; ++n) {
                double sum = 0;
                for (std::int64_t i = n * shape_.c; i < (n + 1) * shape_.c; ++i)
                    sum += static_cast<double>(dst[i]) * static_cast<double>(diff_dst[i]);
                for (std::int64_t i = n * shape_.c; i < (n + 1) * shape_.c; ++i)
                    diff_src[i] = static_cast<float>(static_cast<double>(dst[i]) *
                                                     (static_cast<double>(diff_dst[i]) - sum));
            }
        });
    }

   private:
    const Shape shape_;
};

std::int64_t count_labelled(const std::int32_t* labels, std::int64_t images) {
    return images - std::count(labels, labels + images, -1);
}

class LossForward final : public PlainPlan {
   public:
    static bool understands(const Operation& op, const Limits&) { return is_row(op.as<Loss>().shape); }

    LossForward(const Operation& op, const Limits&) : shape_(op.as<Loss>().shape) {
        plain(Operand::src, shape_.count());
        plain(Operand::labels, shape_.n, DataType::i32);
        plain(Operand::dst, shape_.count());
        plain(Operand::loss, 1);
        workspace_bytes_ = static_cast<std::size_t>(shape_.n) * sizeof(double);
        batch_invariant_ = true;
        in_place_ = true;
        variant_ = "rows";
    }

    /// The images' losses are put down side by side and added in order: one order for any threads.
    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        const auto* const src = arguments.get<const float>(Operand::src);
        const auto* const labels = arguments.get<const std::int32_t>(Operand::labels);
        auto* const dst = arguments.get<float>(Operand::dst);
        auto* const losses = static_cast<double*>(workspace);
        parallel_for(stream, shape_.n, row_grain(shape_), [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t n = begin; n < end; ++n) {
                const float* const row = src + n * shape_.c;
                const double chosen = labels[n] < 0 ? 0 : static_cast<double>(row[labels[n]]);
                const RowSum left = softmax_row(row, dst + n * shape_.c, shape_.c);
                losses[n] = labels[n] < 0 ? 0 : left.largest - chosen + std::log(left.sum);
            }
        });
        double sum = 0;
        for (std::int64_t n = 0; n < shape_.n; ++n) sum += losses[n];
        const std::int64_t counted = count_labelled(labels, shape_.n);
        *arguments.get<float>(Operand::loss) =
            counted > 0 ? static_cast<float>(sum / static_cast<double>(counted)) : 0.0F;
    }

   private:
    const Shape shape_;
};

class LossBackward final : public PlainPlan {
   public:
    static bool understands(const Operation& op, const Limits&) { return is_row(op.as<Loss>().shape); }

    LossBackward(const Operation& op, const Limits&) : loss_(op.as<Loss>()) {
        plain(Operand::dst, loss_.shape.count());
        plain(Operand::labels, loss_.shape.n, DataType::i32);
        plain(Operand::diff_src, loss_.shape.count());
        variant_ = "rows";
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        const auto* const dst = arguments.get<const float>(Operand::dst);
        const auto* const labels = arguments.get<const std::int32_t>(Operand::labels);
        auto* const diff_src = arguments.get<float>(Operand::diff_src);
        const std::int64_t classes = loss_.shape.c, counted = count_labelled(labels, loss_.shape.n);
        const float scale = counted > 0 ? loss_.scale / static_cast<float>(counted) : 0.0F;
        parallel_for(stream, loss_.shape.n, grain_of(classes),
                     [&](std::int64_t begin, std::int64_t end, int) {
                         for (std::int64_t n = begin; n < end; ++n) {
                             const float* const row = dst + n * classes;
                             float* const to = diff_src + n * classes;
                             if (labels[n] < 0) {
                                 std::fill_n(to, classes, 0.0F);
                                 continue;
                             }
                             for (std::int64_t i = 0; i < classes; ++i) to[i] = scale * row[i];
                             to[labels[n]] = scale * (row[labels[n]] - 1.0F);
                         }
                     });
    }

   private:
    const Loss loss_;
};

}  // namespace

Implementation softmax_forward() {
    return implementation<SoftmaxForward>();
}
Implementation softmax_backward() {
    return implementation<SoftmaxBackward>();
}
Implementation loss_forward() {
    return implementation<LossForward>();
}
Implementation loss_backward() {
    return implementation<LossBackward>();
}

}  // namespace emulsion::kernels::eigen
