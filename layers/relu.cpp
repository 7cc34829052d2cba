// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// "relu": y = max(0, x). Its backward pass reads y, so x need not be kept.
#include "layers/makers.h"
#include "layers/standard_layer.h"

namespace emulsion {
namespace {

class ReluLayer final : public StandardLayer {
   public:
    explicit ReluLayer(const LayerDef& definition) : StandardLayer(definition, {}) {}

    std::vector<Shape> setup(const std::vector<Shape>& inputs) override {
        relu_.shape = single_input(inputs);
        return {relu_.shape};
    }

    void forward(Builder& b) const override {
        b.emit({OpKind::relu_forward, relu_}, {{Operand::src, b.input()}, {Operand::dst, b.output()}});
    }

    void backward(Builder& b) const override {
        const Value arriving = b.output_gradient();
        if (!arriving) return;
        if (const Value diff_src = b.input_gradient())
            b.emit(
                {OpKind::relu_backward, relu_},
                {{Operand::dst, b.output()}, {Operand::diff_dst, arriving}, {Operand::diff_src, diff_src}});
    }

   private:
    kernels::Relu relu_;
};

}  // namespace

std::unique_ptr<Layer> make_relu(const LayerDef& def) {
    return std::make_unique<ReluLayer>(def);
}

}  // namespace emulsion
