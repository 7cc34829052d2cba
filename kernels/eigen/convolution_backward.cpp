// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Convolution, backward: the same column matrix (columns.h), per image and group, with
// K = inputs * kernel area:
//
//     columns (pixels x K)           = diff_dst^T (pixels x outputs) * weights (outputs x K), then col2im
//     diff_weights^T (K x outputs)  += columns^T (K x pixels) * diff_dst^T (pixels x outputs)
//
// Data: an item is an image, a group and a block of input channels, whose gradient it alone writes.
// Weights: an item is a group, a slice of K and a block of outputs, over which it alone adds up all
// images. So no two threads add to one place, and the sums have one order whatever the threads.
#include <algorithm>

#include "kernels/eigen/columns.h"
#include "kernels/eigen/gemm.h"
#include "kernels/eigen/operations.h"
#include "kernels/eigen/plan.h"

namespace emulsion::kernels::eigen {
namespace {

/// The sizes that both plans speak of; inputs, outputs and depth are those of one group.
struct Sizes {
    explicit Sizes(const Convolution& c)
        : inputs(c.src.c / c.groups),
          outputs(c.dst.c / c.groups),
          area(std::int64_t{c.kernel_h} * c.kernel_w),
          depth(inputs * area),
          plane(c.src.h * c.src.w),
          pixels(c.dst.h * c.dst.w) {}

    std::int64_t inputs, outputs, area, depth, plane, pixels;
};

class ConvolutionBackwardData final : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }

    ConvolutionBackwardData(const Operation& op, const Limits& limits) : c_(op.as<Convolution>()) {
        block_inputs_ = std::clamp<std::int64_t>(column_block / s_.area, 1, s_.inputs);
        if (block_inputs_ > column_step) block_inputs_ -= block_inputs_ % column_step;
        blocks_ = divide_up(s_.inputs, block_inputs_);
        own_floats_ = left_block_floats + whole_lines(block_inputs_ * s_.area * row_block);
        plain(Operand::diff_dst, c_.dst.count());
        plain(Operand::weights, c_.weight_count());
        plain(Operand::diff_src, c_.src.count());
        need_workspace(packed_group_ * c_.groups + own_floats_ * limits.threads);
        batch_invariant_ = true;
        variant_ = columns_.are_source() ? "gemm" : "gemm+col2im";
    }

    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        auto* const packed = static_cast<float*>(workspace);
        float* const blocks = packed + packed_group_ * c_.groups;
        pack_weights(arguments.get<const float>(Operand::weights), packed, stream);
        const std::int64_t items = c_.src.n * c_.groups * blocks_;
        parallel_for(stream, items, 1, [&](std::int64_t begin, std::int64_t end, int part) {
            for (std::int64_t i = begin; i < end; ++i)
                compute(item(i), arguments, packed, blocks + own_floats_ * part);
        });
    }

   private:
    struct Item {
        std::int64_t image, group, first_input, inputs;
    };

    Item item(std::int64_t i) const {
        const std::int64_t first = i % blocks_ * block_inputs_;
        return {i / blocks_ / c_.groups, i / blocks_ % c_.groups, first,
                std::min(block_inputs_, s_.inputs - first)};
    }

    /// A group's packed weights are its blocks of inputs; a block, its slices of outputs.
    void pack_weights(const float* weights, float* packed, const Stream& stream) const {
        parallel_for(stream, c_.groups * blocks_, 1, [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t i = begin; i < end; ++i) {
                const Item t = item(i);
                const std::int64_t width = t.inputs * s_.area;
                const float* const from = weights + t.group * s_.outputs * s_.depth + t.first_input * s_.area;
                float* const to = packed_block(packed, t);
                for (std::int64_t o = 0; o < s_.outputs; o += depth_block)
                    pack_right<RowMajor>(to + o * width, Matrix<RowMajor>(from + o * s_.depth, s_.depth),
                                         std::min(depth_block, s_.outputs - o), width);
            }
        });
    }

    template <class Float>
    Float* packed_block(Float* packed, const Item& t) const {
        return packed + t.group * packed_group_ + t.first_input * s_.area * s_.outputs;
    }

    void compute(const Item& t, const Arguments& arguments, const float* packed, float* blocks) const {
        const float* const diff_dst = arguments.get<const float>(Operand::diff_dst) +
                                      (t.image * c_.dst.c + t.group * s_.outputs) * s_.pixels;
        float* const diff_src = arguments.get<float>(Operand::diff_src) +
                                (t.image * c_.src.c + t.group * s_.inputs + t.first_input) * s_.plane;
        float* const tile = blocks + left_block_floats;
        const std::int64_t width = t.inputs * s_.area;

        std::fill_n(diff_src, t.inputs * s_.plane, 0.0F);
        for (std::int64_t p = 0; p < s_.pixels; p += row_block) {
            const std::int64_t pixels = std::min(row_block, s_.pixels - p);
            const auto multiply_into = [&](const Result& columns) {
                for (std::int64_t o = 0; o < s_.outputs; o += depth_block) {
                    const std::int64_t deep = std::min(depth_block, s_.outputs - o);
                    const Matrix<ColMajor> gradient(diff_dst + o * s_.pixels + p, s_.pixels);
                    pack_left<ColMajor>(blocks, gradient, pixels, deep);
                    multiply_packed(columns, blocks, packed_block(packed, t) + o * width, pixels, deep,
                                    width);
                }
            };
            if (columns_.are_source()) {
                multiply_into(Result(diff_src + p, s_.pixels));
            } else {
                std::fill_n(tile, width * pixels, 0.0F);
                multiply_into(Result(tile, pixels));
                columns_.scatter({0, width, p, pixels}, tile, diff_src);
            }
        }
    }

    const Convolution c_;
    const Sizes s_{c_};
    const Columns columns_{c_};
    const std::int64_t packed_group_ = whole_lines(s_.outputs * s_.depth);
    std::int64_t block_inputs_ = 0, blocks_ = 0, own_floats_ = 0;
};

class ConvolutionBackwardWeights final : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }

    ConvolutionBackwardWeights(const Operation& op, const Limits& limits) : c_(op.as<Convolution>()) {
        slice_rows_ = divide_up(divide_up(s_.depth, divide_up(s_.depth, row_block)), row_step) * row_step;
        slices_ = divide_up(s_.depth, slice_rows_);
        block_outputs_ =
            columns_per_part(s_.outputs, column_parts(c_.groups * slices_, s_.outputs, limits.threads));
        blocks_ = divide_up(s_.outputs, block_outputs_);
        plain(Operand::src, c_.src.count());
        plain(Operand::diff_dst, c_.dst.count());
        plain(Operand::diff_weights, c_.weight_count());
        if (c_.bias) plain(Operand::diff_bias, c_.dst.c);
        need_workspace(own_floats * limits.threads);
        variant_ = columns_.are_source() ? "gemm" : "im2col+gemm";
    }

    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        const std::int64_t items = c_.groups * slices_ * blocks_;
        parallel_for(stream, items, 1, [&](std::int64_t begin, std::int64_t end, int part) {
            float* const own = static_cast<float*>(workspace) + own_floats * part;
            for (std::int64_t i = begin; i < end; ++i) compute(item(i), arguments, own);
        });
        if (c_.bias) add_bias_gradient(arguments, stream);
    }

   private:
    static constexpr std::int64_t own_floats = 2 * left_block_floats + right_block_floats;

    struct Item {
        std::int64_t group, k, rows, first_output, outputs;
    };

    Item item(std::int64_t i) const {
        const std::int64_t k = i / blocks_ % slices_ * slice_rows_, o = i % blocks_ * block_outputs_;
        return {i / blocks_ / slices_, k, std::min(slice_rows_, s_.depth - k), o,
                std::min(block_outputs_, s_.outputs - o)};
    }

    void compute(const Item& t, const Arguments& arguments, float* blocks) const {
        const std::int64_t first = t.group * s_.outputs + t.first_output;
        const Result diff_weights(arguments.get<float>(Operand::diff_weights) + first * s_.depth + t.k,
                                  s_.depth);
        for (std::int64_t o = 0; o < t.outputs; ++o) std::fill_n(&diff_weights(0, o), t.rows, 0.0F);
        for (std::int64_t n = 0; n < c_.src.n; ++n) {
            const float* const src =
                arguments.get<const float>(Operand::src) + (n * c_.src.c + t.group * s_.inputs) * s_.plane;
            const float* const diff_dst =
                arguments.get<const float>(Operand::diff_dst) + (n * c_.dst.c + first) * s_.pixels;
            for (std::int64_t p = 0; p < s_.pixels; p += depth_block)
                add_tile(t, {t.k, t.rows, p, std::min(depth_block, s_.pixels - p)}, src, diff_dst,
                         diff_weights, blocks);
        }
    }

    /// The part of one image's gradient that comes from the pixels of one tile.
    void add_tile(const Item& t, const Columns::Tile& tile, const float* src, const float* diff_dst,
                  const Result& diff_weights, float* blocks) const {
        float* const left = blocks;
        float* const columns = left + left_block_floats;
        float* const right = columns + left_block_floats;
        if (columns_.are_source()) {
            const Matrix<RowMajor> view(src + t.k * s_.plane + tile.p, s_.plane);
            pack_left<RowMajor>(left, view, t.rows, tile.pixels);
        } else {
            columns_.gather(tile, src, columns);
            pack_left<RowMajor>(left, Matrix<RowMajor>(columns, tile.pixels), t.rows, tile.pixels);
        }
        for (std::int64_t o = 0; o < t.outputs; o += column_block) {
            const std::int64_t width = std::min(column_block, t.outputs - o);
            const Matrix<ColMajor> gradient(diff_dst + o * s_.pixels + tile.p, s_.pixels);
            pack_right<ColMajor>(right, gradient, tile.pixels, width);
            multiply_packed(diff_weights.getSubMapper(0, o), left, right, t.rows, tile.pixels, width);
        }
    }

    void add_bias_gradient(const Arguments& arguments, const Stream& stream) const {
        const float* const diff_dst = arguments.get<const float>(Operand::diff_dst);
        float* const diff_bias = arguments.get<float>(Operand::diff_bias);
        parallel_for(stream, c_.dst.c, grain_of(c_.dst.n * s_.pixels),
                     [&](std::int64_t begin, std::int64_t end, int) {
                         for (std::int64_t o = begin; o < end; ++o) {
                             double sum = 0;
                             for (std::int64_t n = 0; n < c_.dst.n; ++n)
                                 sum += plane_sum(diff_dst + (n * c_.dst.c + o) * s_.pixels);
                             diff_bias[o] = static_cast<float>(sum);
                         }
                     });
    }

    /// In eight sums side by side, so that the compiler may use vectors.
    double plane_sum(const float* plane) const {
        double sums[8] = {};
        std::int64_t p = 0;
        for (; p + 8 <= s_.pixels; p += 8)
            for (int i = 0; i < 8; ++i) sums[i] += static_cast<double>(plane[p + i]);
        for (; p < s_.pixels; ++p) sums[0] += static_cast<double>(plane[p]);
        return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    }

    const Convolution c_;
    const Sizes s_{c_};
    const Columns columns_{c_};
    std::int64_t slice_rows_ = 0, slices_ = 0, block_outputs_ = 0, blocks_ = 0;
};

}  // namespace

Implementation convolution_backward_data() {
    return implementation<ConvolutionBackwardData>();
}
Implementation convolution_backward_weights() {
    return implementation<ConvolutionBackwardWeights>();
}

}  // namespace emulsion::kernels::eigen
