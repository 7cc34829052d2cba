// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Convolution and its gradients: matrix products in tiles, whose shape changes no bit.
#include <algorithm>

#include "kernels/cuda/operations.h"
#include "kernels/cuda/tile_plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

class ConvolutionPlan : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }

   protected:
    ConvolutionPlan(const Operation& op, std::optional<Tile> tile)
        : c_(op.as<Convolution>()), wanted_(tile) {}

    std::int64_t places() const { return c_.dst.n * c_.dst.h * c_.dst.w; }
    void choose(const ProductShape& product) {
        tile_ = wanted_.value_or(tile_for(product));
        variant_ = "implicit gemm " + name(tile_);
    }

    const Convolution c_;
    const std::optional<Tile> wanted_;
    Tile tile_ = Tile::small;
};

class ConvolutionForward : public ConvolutionPlan {
   public:
    ConvolutionForward(const Operation& op, const Limits&, std::optional<Tile> tile = {})
        : ConvolutionPlan(op, tile) {
        plain(Operand::src, c_.src.count());
        plain(Operand::weights, c_.weight_count());
        if (c_.bias) plain(Operand::bias, c_.dst.c);
        plain(Operand::dst, c_.dst.count());
        choose({c_.dst.c / c_.groups, places(), c_.groups});
        batch_invariant_ = true;
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        convolution_forward(tile_, in_ints(c_), arguments.get<const float>(Operand::src),
                            arguments.get<const float>(Operand::weights),
                            c_.bias ? arguments.get<const float>(Operand::bias) : nullptr, c_.relu,
                            arguments.get<float>(Operand::dst), queue_of(stream));
    }
};

class ConvolutionBackwardData : public ConvolutionPlan {
   public:
    ConvolutionBackwardData(const Operation& op, const Limits&, std::optional<Tile> tile = {})
        : ConvolutionPlan(op, tile) {
        plain(Operand::diff_dst, c_.dst.count());
        plain(Operand::weights, c_.weight_count());
        plain(Operand::diff_src, c_.src.count());
        const std::int64_t phases = std::int64_t{c_.stride_h} * c_.stride_w;
        choose({c_.src.c / c_.groups, c_.src.n * c_.src.h * c_.src.w / phases, c_.groups});
        batch_invariant_ = true;
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        convolution_backward_data(tile_, in_ints(c_), arguments.get<const float>(Operand::diff_dst),
                                  arguments.get<const float>(Operand::weights),
                                  arguments.get<float>(Operand::diff_src), queue_of(stream));
    }
};

class ConvolutionBackwardWeights : public ConvolutionPlan {
   public:
    ConvolutionBackwardWeights(const Operation& op, const Limits& limits, std::optional<Tile> tile = {})
        : ConvolutionPlan(op, tile) {
        plain(Operand::src, c_.src.count());
        plain(Operand::diff_dst, c_.dst.count());
        plain(Operand::diff_weights, c_.weight_count());
        if (c_.bias) plain(Operand::diff_bias, c_.dst.c);
        const ProductShape product{c_.dst.c / c_.groups, c_.weight_count() / c_.dst.c, c_.groups};
        choose(product);
        splits_ = splits(product.tiles(tile_ == Tile::big ? 128 : 64), limits.workspace_bytes);
        if (splits_ > 1) need_workspace(splits_ * c_.weight_count());
        variant_ += ", " + std::to_string(splits_) + (splits_ == 1 ? " part" : " parts");
    }
    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        const auto* const diff_dst = arguments.get<const float>(Operand::diff_dst);
        convolution_backward_weights(
            tile_, in_ints(c_), static_cast<int>(splits_), arguments.get<const float>(Operand::src), diff_dst,
            static_cast<float*>(workspace), arguments.get<float>(Operand::diff_weights), queue_of(stream));
        if (c_.bias)
            convolution_backward_bias(in_ints(c_), diff_dst, arguments.get<float>(Operand::diff_bias),
                                      queue_of(stream));
    }

   private:
    /// Parts of the sum over places: enough blocks for a large GPU, none so short that adding up the parts
    /// would show, and no more than the workspace holds.
    std::int64_t splits(std::int64_t tiles, std::size_t workspace_bytes) const {
        constexpr std::int64_t enough = 256, shortest = 256, most = 64;
        const auto room =
            static_cast<std::int64_t>(std::min<std::size_t>(workspace_bytes / sizeof(float), most_elements));
        return std::max<std::int64_t>(
            1, std::min({(enough + tiles - 1) / tiles, places() / shortest, most, room / c_.weight_count()}));
    }

    std::int64_t splits_ = 1;
};

}  // namespace

std::vector<Implementation> convolution_forward_entries() {
    return by_tiles<ConvolutionForward>();
}
std::vector<Implementation> convolution_backward_data_entries() {
    return by_tiles<ConvolutionBackwardData>();
}
std::vector<Implementation> convolution_backward_weights_entries() {
    return by_tiles<ConvolutionBackwardWeights>();
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
