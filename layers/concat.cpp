// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// "concat": the inputs' channels one after the other.
#include "layers/makers.h"
#include "layers/standard_layer.h"

namespace emulsion {
namespace {

class ConcatLayer final : public StandardLayer {
   public:
    explicit ConcatLayer(const LayerDef& definition) : StandardLayer(definition, {}) {}

    std::vector<Shape> setup(const std::vector<Shape>& inputs) override {
        if (inputs.empty()) fail("it has no inputs");
        Shape dst = checked(inputs[0]);
        for (std::size_t i = 1; i < inputs.size(); ++i) {
            const Shape src = checked(inputs[i]);
            if (src.n != dst.n || src.h != dst.h || src.w != dst.w)
                fail("inputs of " + kernels::describe(inputs[0]) + " and " + kernels::describe(src) +
                     " differ in more than channels");
            dst.c += src.c;
            checked(dst);
        }
        concat_.src = inputs;
        concat_.dst = dst;
        return {dst};
    }

    void forward(Builder& b) const override {
        std::vector<Value> sources;
        for (int i = 0; i < input_count(); ++i) sources.push_back(b.input(i));
        b.emit({OpKind::concat_forward, concat_}, {{Operand::dst, b.output()}}, std::move(sources));
    }

    void backward(Builder& b) const override {
        const Value arriving = b.output_gradient();
        if (!arriving) return;
        std::vector<Value> gradients;
        bool wanted = false;
        for (int i = 0; i < input_count(); ++i) {
            gradients.push_back(b.input_gradient(i));
            wanted = wanted || gradients.back();
        }
        if (wanted)
            b.emit({OpKind::concat_backward, concat_}, {{Operand::diff_dst, arriving}}, std::move(gradients));
    }

   private:
    int input_count() const { return static_cast<int>(concat_.src.size()); }

    kernels::Concat concat_;
};

}  // namespace

std::unique_ptr<Layer> make_concat(const LayerDef& def) {
    return std::make_unique<ConcatLayer>(def);
}

}  // namespace emulsion
