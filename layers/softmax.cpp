// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// "softmax": probabilities of the classes. "softmax_loss": the same at inference; in training followed
// by cross-entropy against the labels, so that the gradient of both at once is (probability - truth).
#include "layers/makers.h"
#include "layers/standard_layer.h"

namespace emulsion {
namespace {

class SoftmaxLayer : public StandardLayer {
   public:
    explicit SoftmaxLayer(const LayerDef& definition) : StandardLayer(definition, {}) {}

    std::vector<Shape> setup(const std::vector<Shape>& inputs) override {
        shape_ = single_input(inputs);
        if (shape_.h != 1 || shape_.w != 1)
            fail("it takes one number a class, not an input of " + kernels::describe(shape_));
        return {shape_};
    }

    void forward(Builder& b) const override {
        b.emit({OpKind::softmax_forward, kernels::Softmax{shape_}},
               {{Operand::src, b.input()}, {Operand::dst, b.output()}});
    }

    void backward(Builder& b) const override {
        const Value arriving = b.output_gradient();
        if (!arriving) return;
        if (const Value diff_src = b.input_gradient())
            b.emit(
                {OpKind::softmax_backward, kernels::Softmax{shape_}},
                {{Operand::dst, b.output()}, {Operand::diff_dst, arriving}, {Operand::diff_src, diff_src}});
    }

   protected:
    Shape shape_;
};

class SoftmaxLossLayer final : public SoftmaxLayer {
   public:
    using SoftmaxLayer::SoftmaxLayer;

    void forward(Builder& b) const override {
        if (!b.training()) return SoftmaxLayer::forward(b);
        b.emit({OpKind::loss_forward, kernels::Loss{shape_}}, {{Operand::src, b.input()},
                                                               {Operand::labels, b.labels()},
                                                               {Operand::dst, b.output()},
                                                               {Operand::loss, b.loss()}});
    }

    // The loss is where gradients begin: none arrives from above.
    void backward(Builder& b) const override {
        if (const Value diff_src = b.input_gradient())
            b.emit(
                {OpKind::loss_backward, kernels::Loss{shape_}},
                {{Operand::dst, b.output()}, {Operand::labels, b.labels()}, {Operand::diff_src, diff_src}});
    }
};

}  // namespace

std::unique_ptr<Layer> make_softmax(const LayerDef& def) {
    return std::make_unique<SoftmaxLayer>(def);
}

std::unique_ptr<Layer> make_softmax_loss(const LayerDef& def) {
    return std::make_unique<SoftmaxLossLayer>(def);
}

}  // namespace emulsion
