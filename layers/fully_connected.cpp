// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// "fc": y = weight x + bias, over all c*h*w numbers of an image in NCHW order.
#include "layers/makers.h"
#include "layers/standard_layer.h"
#include "layers/weighted.h"

namespace emulsion {
namespace {

class FullyConnectedLayer final : public StandardLayer {
   public:
    explicit FullyConnectedLayer(const LayerDef& definition)
        : StandardLayer(definition, {"outputs", "bias"}) {
        fc_.outputs = integer("outputs", {1, most_outputs});
        fc_.bias = flag("bias", true);
    }

    std::vector<Shape> setup(const std::vector<Shape>& inputs) override {
        fc_.src = single_input(inputs);
        return {checked(fc_.dst())};
    }

    std::vector<ParamShape> parameters() const override {
        std::vector<ParamShape> declared = {parameter("weight", {fc_.outputs, fc_.src.per_image()})};
        if (fc_.bias) declared.push_back(parameter("bias", {fc_.outputs}));
        return declared;
    }

    void forward(Builder& b) const override { emit_weighted_forward(b, {OpKind::fc_forward, fc_}, fc_.bias); }

    void backward(Builder& b) const override {
        emit_weighted_backward(b, {OpKind::fc_backward_weights, fc_}, {OpKind::fc_backward_data, fc_},
                               fc_.bias);
    }

   private:
    kernels::FullyConnected fc_;
};

}  // namespace

std::unique_ptr<Layer> make_fully_connected(const LayerDef& def) {
    return std::make_unique<FullyConnectedLayer>(def);
}

}  // namespace emulsion
