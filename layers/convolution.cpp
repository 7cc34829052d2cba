// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// "conv": y[o] = bias[o] + sum over the input channels of o's group of weight[o] (cross-)correlated with
// the channel. Sizes round down: out = (in + 2 pad - kernel) / stride + 1.
#include "layers/makers.h"
#include "layers/standard_layer.h"
#include "layers/weighted.h"

namespace emulsion {
namespace {

class ConvolutionLayer final : public StandardLayer {
   public:
    explicit ConvolutionLayer(const LayerDef& definition)
        : StandardLayer(definition, {"outputs", "kernel", "kernel_h", "kernel_w", "stride", "stride_h",
                                     "stride_w", "pad", "pad_h", "pad_w", "groups", "bias"}) {
        const Extent kernel = extent("kernel", {1, most_cells});
        const Extent stride = extent("stride", {1, most_cells}, 1);
        const Extent pad = extent("pad", {0, most_cells}, 0);
        conv_.kernel_h = kernel.h, conv_.kernel_w = kernel.w;
        conv_.stride_h = stride.h, conv_.stride_w = stride.w;
        conv_.pad_h = pad.h, conv_.pad_w = pad.w;
        conv_.dst.c = integer("outputs", {1, most_outputs});
        conv_.groups = static_cast<int>(integer("groups", {1, most_outputs}, 1));
        conv_.bias = flag("bias", true);
        if (conv_.dst.c % conv_.groups != 0) fail_to_divide(conv_.dst.c, "outputs");
    }

    std::vector<Shape> setup(const std::vector<Shape>& inputs) override {
        const Shape src = single_input(inputs);
        if (src.c % conv_.groups != 0) fail_to_divide(src.c, "input channels");
        const std::int64_t height = src.h + 2 * conv_.pad_h, width = src.w + 2 * conv_.pad_w;
        if (height < conv_.kernel_h || width < conv_.kernel_w)
            fail("its kernel of " + Extent{conv_.kernel_h, conv_.kernel_w}.text() +
                 " is larger than its padded input of " + std::to_string(height) + "x" +
                 std::to_string(width));
        conv_.src = src;
        conv_.dst = checked({src.n, conv_.dst.c, (height - conv_.kernel_h) / conv_.stride_h + 1,
                             (width - conv_.kernel_w) / conv_.stride_w + 1});
        return {conv_.dst};
    }

    std::vector<ParamShape> parameters() const override {
        std::vector<ParamShape> declared = {
            parameter("weight", {conv_.dst.c, conv_.src.c / conv_.groups, conv_.kernel_h, conv_.kernel_w})};
        if (conv_.bias) declared.push_back(parameter("bias", {conv_.dst.c}));
        return declared;
    }

    void forward(Builder& b) const override {
        emit_weighted_forward(b, {OpKind::conv_forward, conv_}, conv_.bias);
    }

    void backward(Builder& b) const override {
        emit_weighted_backward(b, {OpKind::conv_backward_weights, conv_}, {OpKind::conv_backward_data, conv_},
                               conv_.bias);
    }

   private:
    [[noreturn]] void fail_to_divide(std::int64_t channels, const char* which) const {
        fail(std::to_string(conv_.groups) + " groups do not divide " + std::to_string(channels) + " " +
             which);
    }

    kernels::Convolution conv_;
};

}  // namespace

std::unique_ptr<Layer> make_convolution(const LayerDef& def) {
    return std::make_unique<ConvolutionLayer>(def);
}

}  // namespace emulsion
