// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// "lrn": local response normalisation across channels, y = x / (k + alpha / size * sum of squares)^beta
// over `size` neighbouring channels (Krizhevsky et al. 2012; alpha divided by size as in Caffe).
#include "layers/makers.h"
#include "layers/standard_layer.h"

namespace emulsion {
namespace {

class LrnLayer final : public StandardLayer {
   public:
    explicit LrnLayer(const LayerDef& definition)
        : StandardLayer(definition, {"size", "alpha", "beta", "k"}) {
        lrn_.size = static_cast<int>(integer("size", {1, most_cells}, 5));
        if (lrn_.size % 2 == 0) fail("size is " + std::to_string(lrn_.size) + "; it must be odd");
        lrn_.alpha = real("alpha", 0, 1e6, 1.0);
        lrn_.beta = real("beta", 0, 16, 0.75);
        lrn_.k = real("k", 1e-6, 1e6, 1.0);  // above zero: an image of zeros must not divide by zero
    }

    std::vector<Shape> setup(const std::vector<Shape>& inputs) override {
        lrn_.shape = single_input(inputs);
        return {lrn_.shape};
    }

    void forward(Builder& b) const override {
        kernels::Lrn lrn = lrn_;
        lrn.keep = b.training();
        b.emit({OpKind::lrn_forward, lrn}, {{Operand::src, b.input()},
                                            {Operand::dst, b.output()},
                                            {Operand::saved, lrn.keep ? b.saved() : Value{}}});
    }

    void backward(Builder& b) const override {
        const Value arriving = b.output_gradient();
        if (!arriving) return;
        if (const Value diff_src = b.input_gradient())
            b.emit({OpKind::lrn_backward, lrn_}, {{Operand::src, b.input()},
                                                  {Operand::dst, b.output()},
                                                  {Operand::diff_dst, arriving},
                                                  {Operand::saved, b.saved()},
                                                  {Operand::diff_src, diff_src}});
    }

   private:
    kernels::Lrn lrn_;
};

}  // namespace

std::unique_ptr<Layer> make_lrn(const LayerDef& def) {
    return std::make_unique<LrnLayer>(def);
}

}  // namespace emulsion
