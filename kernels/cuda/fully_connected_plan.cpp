// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Fully connected layers and their gradients: matrix products in tiles, or for few images a stream of
// weights.
#include "kernels/cuda/operations.h"
#include "kernels/cuda/tile_plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

class FullyConnectedPlan : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }

   protected:
    FullyConnectedPlan(const Operation& op, std::optional<Tile> tile)
        : f_(op.as<FullyConnected>()), wanted_(tile) {}

    /// The shape in ints, which `countable` has seen to fit.
    FullyConnectedShape shape() const {
        return {static_cast<int>(f_.src.n), static_cast<int>(inputs_), static_cast<int>(f_.outputs)};
    }
    void choose(const ProductShape& product) {
        tile_ = wanted_.value_or(tile_for(product));
        variant_ = "gemm " + name(tile_);
    }

    const FullyConnected f_;
    const std::optional<Tile> wanted_;
    const std::int64_t inputs_ = f_.src.per_image();
    Tile tile_ = Tile::small;
};

class FullyConnectedForward : public FullyConnectedPlan {
   public:
    FullyConnectedForward(const Operation& op, const Limits& limits, std::optional<Tile> tile = {})
        : FullyConnectedPlan(op, tile) {
        plain(Operand::src, f_.src.count());
        plain(Operand::weights, f_.outputs * inputs_);
        if (f_.bias) plain(Operand::bias, f_.outputs);
        plain(Operand::dst, f_.dst().count());
        const ProductShape product{f_.src.n, f_.outputs};
        choose(product);
        // The two kernels add in different orders. Where bits must not depend on the batch, it is always
        // the streamed one, and it alone promises that.
        streamed_ =
            !wanted_ && (limits.batch_invariant || f_.src.n <= few_images || product.tiles(64) <= few_tiles);
        batch_invariant_ = streamed_;
        if (streamed_) variant_ = "streamed weights";
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        const auto* const src = arguments.get<const float>(Operand::src);
        const auto* const weights = arguments.get<const float>(Operand::weights);
        const auto* const bias = f_.bias ? arguments.get<const float>(Operand::bias) : nullptr;
        auto* const dst = arguments.get<float>(Operand::dst);
        if (streamed_)
            fully_connected_forward_streamed(shape(), src, weights, bias, f_.relu, dst, queue_of(stream));
        else
            fully_connected_forward_tiled(tile_, shape(), src, weights, bias, f_.relu, dst, queue_of(stream));
    }

   private:
    static constexpr std::int64_t few_images = 16;  // most of a tile's rows would be empty
    static constexpr std::int64_t few_tiles = 8;    // most of a GPU would be idle
    bool streamed_ = false;
};

class FullyConnectedBackwardData : public FullyConnectedPlan {
   public:
    FullyConnectedBackwardData(const Operation& op, const Limits&, std::optional<Tile> tile = {})
        : FullyConnectedPlan(op, tile) {
        plain(Operand::diff_dst, f_.dst().count());
        plain(Operand::weights, f_.outputs * inputs_);
        plain(Operand::diff_src, f_.src.count());
        choose({f_.src.n, inputs_});
        batch_invariant_ = true;
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        fully_connected_backward_data(tile_, shape(), arguments.get<const float>(Operand::diff_dst),
                                      arguments.get<const float>(Operand::weights),
                                      arguments.get<float>(Operand::diff_src), queue_of(stream));
    }
};

class FullyConnectedBackwardWeights : public FullyConnectedPlan {
   public:
    FullyConnectedBackwardWeights(const Operation& op, const Limits&, std::optional<Tile> tile = {})
        : FullyConnectedPlan(op, tile) {
        plain(Operand::src, f_.src.count());
        plain(Operand::diff_dst, f_.dst().count());
        plain(Operand::diff_weights, f_.outputs * inputs_);
        if (f_.bias) plain(Operand::diff_bias, f_.outputs);
        choose({f_.outputs, inputs_});
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        const auto* const diff_dst = arguments.get<const float>(Operand::diff_dst);
        fully_connected_backward_weights(tile_, shape(), arguments.get<const float>(Operand::src), diff_dst,
                                         arguments.get<float>(Operand::diff_weights), queue_of(stream));
        if (f_.bias)
            fully_connected_backward_bias(shape(), diff_dst, arguments.get<float>(Operand::diff_bias),
                                          queue_of(stream));
    }
};

/// Always by streamed weights: what a batch-invariant session gets.
class FullyConnectedStreamed final : public FullyConnectedForward {
   public:
    FullyConnectedStreamed(const Operation& op, Limits limits)
        : FullyConnectedForward(op, (limits.batch_invariant = true, limits)) {}
};

}  // namespace

std::vector<Implementation> fully_connected_forward_entries() {
    auto entries = by_tiles<FullyConnectedForward>();
    entries.push_back(implementation<FullyConnectedStreamed>("streamed"));
    return entries;
}
std::vector<Implementation> fully_connected_backward_data_entries() {
    return by_tiles<FullyConnectedBackwardData>();
}
std::vector<Implementation> fully_connected_backward_weights_entries() {
    return by_tiles<FullyConnectedBackwardWeights>();
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
