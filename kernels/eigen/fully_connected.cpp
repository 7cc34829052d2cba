// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Fully connected layers. With N images, I inputs, O outputs:
//
//     forward           dst (N x O)          = src (N x I) * weights^T (I x O) + bias
//     backward, data    diff_src (N x I)     = diff_dst (N x O) * weights (O x I)
//     backward, weights diff_weights (O x I) = diff_dst^T (O x N) * src (N x I)
//
// Every weight is used N times only, so for small batches the time is that of reading the weights, and
// packing them would cost more than it saves. Forward therefore takes dot products straight from the
// rows of src and weights, a few of each at a time; both directions backward are matrix products.
//
// A dot product is formed in one way whatever its neighbours: by depth slices, lane by lane within one.
// That makes forward batch-invariant at no cost.
#include <algorithm>
#include <cstring>

#include "kernels/eigen/gemm.h"
#include "kernels/eigen/operations.h"
#include "kernels/eigen/plan.h"

namespace emulsion::kernels::eigen {
namespace {

using Lanes = Eigen::internal::packet_traits<float>::type;
constexpr std::int64_t lanes = Eigen::internal::packet_traits<float>::size;

/// A slice of `row_group` weight rows stays in the second cache while all images pass by it.
constexpr std::int64_t slice_depth = 1024, row_group = 16;

/// The last values of a row, followed by zeros.
Lanes load_tail(const float* from, std::int64_t count) {
    float padded[lanes] = {};
    std::memcpy(padded, from, static_cast<std::size_t>(count) * sizeof(float));
    return Eigen::internal::ploadu<Lanes>(padded);
}

/// dst[image * dst_stride + row] += weights[row] . src[image] over `depth` values.
template <int Rows, int Images>
void add_dots(const float* weights, std::int64_t weight_stride, const float* src, std::int64_t src_stride,
              std::int64_t depth, float* dst, std::int64_t dst_stride) {
    using namespace Eigen::internal;
    Lanes sums[Rows][Images];
    for (auto& row : sums)
        for (auto& sum : row) sum = pset1<Lanes>(0.0F);
    const auto step = [&](auto load) {
        Lanes values[Images];
        for (int n = 0; n < Images; ++n) values[n] = load(src + n * src_stride);
        for (int r = 0; r < Rows; ++r) {
            const Lanes weight = load(weights + r * weight_stride);
            for (int n = 0; n < Images; ++n) sums[r][n] = pmadd(weight, values[n], sums[r][n]);
        }
    };
    const std::int64_t whole = depth / lanes * lanes;
    for (std::int64_t k = 0; k < whole; k += lanes)
        step([k](const float* row) { return ploadu<Lanes>(row + k); });
    if (whole < depth) step([=](const float* row) { return load_tail(row + whole, depth - whole); });
    for (int r = 0; r < Rows; ++r)
        for (int n = 0; n < Images; ++n) dst[n * dst_stride + r] += predux(sums[r][n]);
}

class FullyConnectedForward final : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }

    FullyConnectedForward(const Operation& op, const Limits&) : f_(op.as<FullyConnected>()) {
        plain(Operand::src, f_.src.count());
        plain(Operand::weights, f_.outputs * inputs_);
        if (f_.bias) plain(Operand::bias, f_.outputs);
        plain(Operand::dst, f_.dst().count());
        batch_invariant_ = true;
        variant_ = "dot rows";
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        const auto* const src = arguments.get<const float>(Operand::src);
        const auto* const weights = arguments.get<const float>(Operand::weights);
        const auto* const bias = f_.bias ? arguments.get<const float>(Operand::bias) : nullptr;
        auto* const dst = arguments.get<float>(Operand::dst);
        const std::int64_t grain = grain_of(inputs_ * f_.src.n);
        parallel_for(stream, f_.outputs, grain, [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t o = begin; o < end; o += row_group)
                compute_rows(src, weights, bias, dst, o, std::min(row_group, end - o));
        });
    }

   private:
    void compute_rows(const float* src, const float* weights, const float* bias, float* dst,
                      std::int64_t first, std::int64_t rows) const {
        for (std::int64_t n = 0; n < f_.src.n; ++n)
            for (std::int64_t o = first; o < first + rows; ++o)
                dst[n * f_.outputs + o] = bias != nullptr ? bias[o] : 0.0F;
        for (std::int64_t k = 0; k < inputs_; k += slice_depth)
            add_slice(src + k, weights + first * inputs_ + k, std::min(slice_depth, inputs_ - k), dst + first,
                      rows);
        if (!f_.relu) return;
        for (std::int64_t n = 0; n < f_.src.n; ++n)
            for (std::int64_t o = first; o < first + rows; ++o) {
                float& value = dst[n * f_.outputs + o];
                value = value < 0 ? 0 : value;  // a NaN stays
            }
    }

    void add_slice(const float* src, const float* weights, std::int64_t depth, float* dst,
                   std::int64_t rows) const {
        std::int64_t r = 0;
        for (; r + 4 <= rows; r += 4) add_images<4>(src, weights + r * inputs_, depth, dst + r);
        for (; r < rows; ++r) add_images<1>(src, weights + r * inputs_, depth, dst + r);
    }

    /// 4 rows x 3 images keep twelve sums, three values and a weight in the sixteen registers of AVX2.
    template <int Rows>
    void add_images(const float* src, const float* weights, std::int64_t depth, float* dst) const {
        const auto add = [&](auto dots, std::int64_t n) {
            dots(weights, inputs_, src + n * inputs_, inputs_, depth, dst + n * f_.outputs, f_.outputs);
        };
        std::int64_t n = 0;
        for (; n + 3 <= f_.src.n; n += 3) add(add_dots<Rows, 3>, n);
        if (f_.src.n - n == 2) add(add_dots<Rows, 2>, n);
        if (f_.src.n - n == 1) add(add_dots<Rows, 1>, n);
    }

    const FullyConnected f_;
    const std::int64_t inputs_ = f_.src.per_image();
};

constexpr std::int64_t product_floats = left_block_floats + right_block_floats;

class FullyConnectedBackwardData final : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }

    FullyConnectedBackwardData(const Operation& op, const Limits& limits) : f_(op.as<FullyConnected>()) {
        plain(Operand::diff_dst, f_.dst().count());
        plain(Operand::weights, f_.outputs * inputs_);
        plain(Operand::diff_src, f_.src.count());
        need_workspace(product_floats * limits.threads);
        variant_ = "gemm";
    }

    /// Each thread writes a range of inputs, for all images: whole row blocks, so that the sums are the
    /// same whatever the threads.
    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        const auto* const weights = arguments.get<const float>(Operand::weights);
        const Matrix<ColMajor> gradient(arguments.get<const float>(Operand::diff_dst), f_.outputs);
        auto* const diff_src = arguments.get<float>(Operand::diff_src);
        const std::int64_t steps = divide_up(inputs_, row_block);
        parallel_for(stream, steps, 1, [&](std::int64_t first, std::int64_t last, int part) {
            const std::int64_t begin = first * row_block, end = std::min(last * row_block, inputs_);
            multiply<ColMajor, ColMajor>(Result(diff_src + begin, inputs_),
                                         Matrix<ColMajor>(weights + begin, inputs_), gradient, end - begin,
                                         f_.outputs, f_.src.n, false,
                                         static_cast<float*>(workspace) + product_floats * part);
        });
    }

   private:
    const FullyConnected f_;
    const std::int64_t inputs_ = f_.src.per_image();
};

class FullyConnectedBackwardWeights final : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }

    FullyConnectedBackwardWeights(const Operation& op, const Limits& limits) : f_(op.as<FullyConnected>()) {
        plain(Operand::src, f_.src.count());
        plain(Operand::diff_dst, f_.dst().count());
        plain(Operand::diff_weights, f_.outputs * inputs_);
        if (f_.bias) plain(Operand::diff_bias, f_.outputs);
        need_workspace(product_floats * limits.threads);
        variant_ = "gemm";
    }

    /// Each thread writes a range of outputs' rows: as columns of the transposed product, which may be
    /// split anywhere at column_step without a change in the sums.
    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        const auto* const src = arguments.get<const float>(Operand::src);
        const auto* const diff_dst = arguments.get<const float>(Operand::diff_dst);
        auto* const diff_weights = arguments.get<float>(Operand::diff_weights);
        const std::int64_t steps = divide_up(f_.outputs, column_step);
        parallel_for(stream, steps, 1, [&](std::int64_t first, std::int64_t last, int part) {
            const std::int64_t begin = first * column_step, end = std::min(last * column_step, f_.outputs);
            multiply<ColMajor, RowMajor>(
                Result(diff_weights + begin * inputs_, inputs_), Matrix<ColMajor>(src, inputs_),
                Matrix<RowMajor>(diff_dst + begin, f_.outputs), inputs_, f_.src.n, end - begin, false,
                static_cast<float*>(workspace) + product_floats * part);
            if (f_.bias) add_bias_gradient(diff_dst, begin, end, arguments.get<float>(Operand::diff_bias));
        });
    }

   private:
    void add_bias_gradient(const float* diff_dst, std::int64_t begin, std::int64_t end,
                           float* diff_bias) const {
        std::fill(diff_bias + begin, diff_bias + end, 0.0F);
        for (std::int64_t n = 0; n < f_.src.n; ++n)
            for (std::int64_t o = begin; o < end; ++o) diff_bias[o] += diff_dst[n * f_.outputs + o];
    }

    const FullyConnected f_;
    const std::int64_t inputs_ = f_.src.per_image();
};

}  // namespace

Implementation fully_connected_forward() {
    return implementation<FullyConnectedForward>();
}
Implementation fully_connected_backward_data() {
    return implementation<FullyConnectedBackwardData>();
}
Implementation fully_connected_backward_weights() {
    return implementation<FullyConnectedBackwardWeights>();
}

}  // namespace emulsion::kernels::eigen
