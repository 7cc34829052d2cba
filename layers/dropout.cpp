// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// "dropout": in training each number is zero with probability `ratio`, else scaled by 1 / (1 - ratio).
// At inference nothing happens. No mask is kept: the backward pass draws the same numbers again.
#include "layers/makers.h"
#include "layers/standard_layer.h"

namespace emulsion {
namespace {

class DropoutLayer final : public StandardLayer {
   public:
    explicit DropoutLayer(const LayerDef& definition) : StandardLayer(definition, {"ratio"}) {
        dropout_.ratio = real("ratio", 0, 1, 0.5);
        if (dropout_.ratio >= 1) fail("ratio is 1; a layer that drops everything learns nothing");
    }

    std::vector<Shape> setup(const std::vector<Shape>& inputs) override {
        dropout_.shape = single_input(inputs);
        return {dropout_.shape};
    }

    void forward(Builder& b) const override {
        if (!b.training()) return b.pass_through(b.input(), b.output());
        b.emit({OpKind::dropout_forward, of_stream(b)},
               {{Operand::src, b.input()}, {Operand::counter, b.counter()}, {Operand::dst, b.output()}});
    }

    void backward(Builder& b) const override {
        const Value arriving = b.output_gradient();
        if (!arriving) return;
        if (const Value diff_src = b.input_gradient())
            b.emit({OpKind::dropout_backward, of_stream(b)}, {{Operand::diff_dst, arriving},
                                                              {Operand::counter, b.counter()},
                                                              {Operand::diff_src, diff_src}});
    }

   private:
    kernels::Dropout of_stream(Builder& b) const {
        kernels::Dropout dropout = dropout_;
        dropout.stream = b.random_stream();
        return dropout;
    }

    kernels::Dropout dropout_;
};

}  // namespace

std::unique_ptr<Layer> make_dropout(const LayerDef& def) {
    return std::make_unique<DropoutLayer>(def);
}

}  // namespace emulsion
