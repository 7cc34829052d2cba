// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// "pool": the maximum or the average of windows.
//
// How many windows there are is where frameworks differ. Caffe rounds up, so that the last window may
// hang over the edge; torch and ONNX round down unless told otherwise. In all of them a last window
// that would lie in the padding alone is dropped.
#include "layers/makers.h"
#include "layers/standard_layer.h"

namespace emulsion {
namespace {

// Windows along one side; less than one if the kernel does not fit.
std::int64_t window_count(std::int64_t in, int kernel, int stride, int pad, bool round_up) {
    const std::int64_t slack = in + 2 * pad - kernel;
    if (slack < 0 && !round_up) return 0;
    const std::int64_t steps = round_up && slack > 0 ? (slack + stride - 1) / stride : slack / stride;
    const bool last_starts_inside = steps * stride < in + pad;
    return last_starts_inside ? steps + 1 : steps;
}

class PoolLayer final : public StandardLayer {
   public:
    explicit PoolLayer(const LayerDef& definition)
        : StandardLayer(definition, {"mode", "kernel", "kernel_h", "kernel_w", "stride", "stride_h",
                                     "stride_w", "pad", "pad_h", "pad_w", "global", "round", "divisor"}) {
        const bool average = word("mode", {"max", "average"}) == "average";
        const bool inside = word("divisor", {"padded", "inside"}, "padded") == "inside";
        pool_.mode = !average ? kernels::Pool::Mode::maximum
                     : inside ? kernels::Pool::Mode::average_inside
                              : kernels::Pool::Mode::average_padded;
        round_up_ = word("round", {"up", "down"}, "up") == "up";
        const Extent stride = extent("stride", {1, most_cells}, 1);
        const Extent pad = extent("pad", {0, most_cells}, 0);
        pool_.stride_h = stride.h, pool_.stride_w = stride.w;
        pool_.pad_h = pad.h, pool_.pad_w = pad.w;
        global_ = flag("global", false);
        if (global_) {
            if (has_extent("kernel")) fail("a global pool takes no kernel");
            if (stride != Extent{1, 1} || pad != Extent{0, 0})
                fail("a global pool takes stride 1 and no padding");
        } else {
            set_kernel(extent("kernel", {1, most_cells}));
            if (pad.h >= pool_.kernel_h || pad.w >= pool_.kernel_w)
                fail("padding of " + pad.text() + " leaves windows of " + kernel().text() + " empty");
        }
    }

    std::vector<Shape> setup(const std::vector<Shape>& inputs) override {
        const Shape src = single_input(inputs);
        if (global_) set_kernel({static_cast<int>(src.h), static_cast<int>(src.w)});
        const std::int64_t h = window_count(src.h, pool_.kernel_h, pool_.stride_h, pool_.pad_h, round_up_);
        const std::int64_t w = window_count(src.w, pool_.kernel_w, pool_.stride_w, pool_.pad_w, round_up_);
        if (h < 1 || w < 1)
            fail("its windows of " + kernel().text() + " do not fit into " + kernels::describe(src));
        pool_.src = src;
        pool_.dst = checked({src.n, src.c, h, w});
        return {pool_.dst};
    }

    void forward(Builder& b) const override {
        kernels::Pool pool = pool_;
        pool.keep = b.training() && is_maximum();
        b.emit({OpKind::pool_forward, pool}, {{Operand::src, b.input()},
                                              {Operand::dst, b.output()},
                                              {Operand::saved, pool.keep ? b.saved() : Value{}}});
    }

    void backward(Builder& b) const override {
        const Value arriving = b.output_gradient();
        if (!arriving) return;
        if (const Value diff_src = b.input_gradient())
            b.emit({OpKind::pool_backward, pool_}, {{Operand::diff_dst, arriving},
                                                    {Operand::saved, is_maximum() ? b.saved() : Value{}},
                                                    {Operand::diff_src, diff_src}});
    }

   private:
    // Which cell won is all that backward needs to know; an average has no winner.
    bool is_maximum() const { return pool_.mode == kernels::Pool::Mode::maximum; }
    Extent kernel() const { return {pool_.kernel_h, pool_.kernel_w}; }
    void set_kernel(Extent kernel) { pool_.kernel_h = kernel.h, pool_.kernel_w = kernel.w; }

    kernels::Pool pool_;
    bool global_ = false, round_up_ = true;
};

}  // namespace

std::unique_ptr<Layer> make_pool(const LayerDef& def) {
    return std::make_unique<PoolLayer>(def);
}

}  // namespace emulsion
