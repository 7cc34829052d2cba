// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Convolution, forward: im2col and matrix products.
//
//     dst (pixels x outputs) = columns (pixels x K) * weights^T (K x outputs),  K = inputs * kernel area
//
// for every image and group. Work is cut into items: one image, one group, a tile of output pixels and a
// block of outputs. An item walks K in slices: it gathers a slice of its columns, packs it, and
// multiplies it by the packed weights, which are common to all items and packed first.
//
// The tiles do not depend on the batch or on the threads, and blocks of outputs change no bit (gemm.h):
// that makes the plan batch-invariant.
#include <algorithm>

#include "kernels/eigen/columns.h"
#include "kernels/eigen/gemm.h"
#include "kernels/eigen/operations.h"
#include "kernels/eigen/plan.h"

namespace emulsion::kernels::eigen {
namespace {

constexpr std::int64_t tile_pixels = row_block;

class ConvolutionForward final : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }

    ConvolutionForward(const Operation& op, const Limits& limits) : c_(op.as<Convolution>()) {
        tiles_ = divide_up(pixels_, tile_pixels);
        blocks_ = column_parts(c_.src.n * c_.groups * tiles_, outputs_, limits.threads);
        block_outputs_ = columns_per_part(outputs_, blocks_);
        blocks_ = divide_up(outputs_, block_outputs_);
        plain(Operand::src, c_.src.count());
        plain(Operand::weights, c_.weight_count());
        if (c_.bias) plain(Operand::bias, c_.dst.c);
        plain(Operand::dst, c_.dst.count());
        need_workspace(packed_group_ * c_.groups + 2 * left_block_floats * limits.threads);
        batch_invariant_ = true;
        variant_ = columns_.are_source() ? "gemm" : "im2col+gemm";
    }

    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        auto* const packed = static_cast<float*>(workspace);
        float* const blocks = packed + packed_group_ * c_.groups;
        pack_weights(arguments.get<float>(Operand::weights), packed, stream);
        const std::int64_t items = c_.src.n * c_.groups * tiles_ * blocks_;
        parallel_for(stream, items, 1, [&](std::int64_t begin, std::int64_t end, int part) {
            float* const own = blocks + 2 * left_block_floats * part;
            for (std::int64_t i = begin; i < end; ++i) compute(item(i), arguments, packed, own);
        });
    }

   private:
    struct Item {
        std::int64_t image, group, first_pixel, pixels, first_output, outputs;
    };

    Item item(std::int64_t i) const {
        const std::int64_t block = i % blocks_, tile = i / blocks_ % tiles_;
        const std::int64_t group = i / blocks_ / tiles_ % c_.groups, image = i / blocks_ / tiles_ / c_.groups;
        const std::int64_t p = tile * tile_pixels, o = block * block_outputs_;
        return {
            image, group, p, std::min(tile_pixels, pixels_ - p), o, std::min(block_outputs_, outputs_ - o)};
    }

    /// A group's packed weights are its slices of K one after another, all outputs of each.
    void pack_weights(const float* weights, float* packed, const Stream& stream) const {
        const std::int64_t slices = divide_up(depth_, depth_block);
        parallel_for(stream, c_.groups * slices, 1, [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t i = begin; i < end; ++i) {
                const std::int64_t group = i / slices, k = i % slices * depth_block;
                const Matrix<ColMajor> slice(weights + group * outputs_ * depth_ + k, depth_);
                pack_right<ColMajor>(packed + group * packed_group_ + k * outputs_, slice,
                                     std::min(depth_block, depth_ - k), outputs_);
            }
        });
    }

    void compute(const Item& t, const Arguments& arguments, const float* packed, float* blocks) const {
        const std::int64_t channels = c_.src.c / c_.groups, plane = c_.src.h * c_.src.w;
        const float* const src =
            arguments.get<const float>(Operand::src) + (t.image * c_.src.c + t.group * channels) * plane;
        const std::int64_t output = t.group * outputs_ + t.first_output;
        float* const dst =
            arguments.get<float>(Operand::dst) + (t.image * c_.dst.c + output) * pixels_ + t.first_pixel;
        const float* const bias = c_.bias ? arguments.get<const float>(Operand::bias) + output : nullptr;
        float* const tile = blocks + left_block_floats;

        for (std::int64_t o = 0; o < t.outputs; ++o)
            std::fill_n(dst + o * pixels_, t.pixels, bias != nullptr ? bias[o] : 0.0F);
        for (std::int64_t k = 0; k < depth_; k += depth_block) {
            const std::int64_t deep = std::min(depth_block, depth_ - k);
            if (columns_.are_source()) {
                const Matrix<ColMajor> view(src + k * plane + t.first_pixel, plane);
                pack_left<ColMajor>(blocks, view, t.pixels, deep);
            } else {
                columns_.gather({k, deep, t.first_pixel, t.pixels}, src, tile);
                pack_left<ColMajor>(blocks, Matrix<ColMajor>(tile, t.pixels), t.pixels, deep);
            }
            const float* const right =
                packed + t.group * packed_group_ + k * outputs_ + t.first_output * deep;
            multiply_packed(Result(dst, pixels_), blocks, right, t.pixels, deep, t.outputs);
        }
        if (c_.relu) rectify(dst, t);
    }

    /// Compares so that a NaN stays.
    void rectify(float* dst, const Item& t) const {
        for (std::int64_t o = 0; o < t.outputs; ++o, dst += pixels_)
            for (std::int64_t p = 0; p < t.pixels; ++p) dst[p] = dst[p] < 0 ? 0 : dst[p];
    }

    const Convolution c_;
    const Columns columns_{c_};
    const std::int64_t depth_ = c_.src.c / c_.groups * c_.kernel_h * c_.kernel_w;
    const std::int64_t outputs_ = c_.dst.c / c_.groups;  // of a group, as is depth_
    const std::int64_t pixels_ = c_.dst.h * c_.dst.w;
    const std::int64_t packed_group_ = whole_lines(outputs_ * depth_);
    std::int64_t tiles_ = 0, blocks_ = 0, block_outputs_ = 0;
};

}  // namespace

Implementation convolution_forward() {
    return implementation<ConvolutionForward>();
}

}  // namespace emulsion::kernels::eigen
