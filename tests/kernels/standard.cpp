// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/standard.h"

#include <stdexcept>

#include "tests/kernels/layouts.h"

namespace emulsion::kernels::tests {
namespace {

constexpr Shape image{1, 32, 13, 13};

void set_batch(Convolution& d, std::int64_t n) {
    d.src.n = d.dst.n = n;
}
void set_batch(FullyConnected& d, std::int64_t n) {
    d.src.n = n;
}
void set_batch(Relu& d, std::int64_t n) {
    d.shape.n = n;
}
void set_batch(Lrn& d, std::int64_t n) {
    d.shape.n = n;
}
void set_batch(Pool& d, std::int64_t n) {
    d.src.n = d.dst.n = n;
}
void set_batch(Dropout& d, std::int64_t n) {
    d.shape.n = n;
}
void set_batch(Softmax& d, std::int64_t n) {
    d.shape.n = n;
}
void set_batch(Loss& d, std::int64_t n) {
    d.shape.n = n;
}
void set_batch(Concat& d, std::int64_t n) {
    d.dst.n = n;
    for (Shape& s : d.src) s.n = n;
}
void set_batch(Add& d, std::int64_t n) {
    d.shape.n = n;
}
void set_batch(SquareSum&, std::int64_t) {}
void set_batch(Sgd&, std::int64_t) {}
void set_batch(PrepareInput& d, std::int64_t n) {
    d.dst.n = n;
}
void set_batch(Reorder& d, std::int64_t n) {
    for (Layout* layout : {&d.from, &d.to})
        layout->bytes = layout->bytes / static_cast<std::size_t>(d.shape.n) * static_cast<std::size_t>(n);
    d.shape.n = n;
}

Descriptor descriptor(OpKind kind) {
    switch (kind) {
        case OpKind::conv_forward:
        case OpKind::conv_backward_data:
        case OpKind::conv_backward_weights:
            return Convolution{image, {1, 64, 13, 13}, 3, 3, 1, 1, 1, 1, 2};
        case OpKind::fc_forward:
        case OpKind::fc_backward_data:
        case OpKind::fc_backward_weights:
            return FullyConnected{image, 100};
        case OpKind::relu_forward:
        case OpKind::relu_backward:
            return Relu{image};
        case OpKind::lrn_forward:
        case OpKind::lrn_backward:
            return Lrn{image};
        case OpKind::pool_forward:
        case OpKind::pool_backward:
            return Pool{image, {1, 32, 6, 6}, Pool::Mode::maximum, 3, 3, 2, 2};
        case OpKind::dropout_forward:
        case OpKind::dropout_backward:
            return Dropout{{1, 100, 1, 1}};
        case OpKind::softmax_forward:
        case OpKind::softmax_backward:
            return Softmax{{1, 100, 1, 1}};
        case OpKind::loss_forward:
        case OpKind::loss_backward:
            return Loss{{1, 100, 1, 1}};
        case OpKind::concat_forward:
        case OpKind::concat_backward:
            return Concat{{image, image}, {1, 64, 13, 13}};
        case OpKind::add:
            return Add{image};
        case OpKind::square_sum:
            return SquareSum{10'007};
        case OpKind::sgd_update:
            return Sgd{1000, {{0, 900, 1, 1}, {900, 100, 2, 0}}, false};
        case OpKind::prepare_input:
            return PrepareInput{{1, 3, 27, 27}, 32, 32, true, true};
        case OpKind::reorder:
            return Reorder{image, plain_layout(image.count()), nhwc_layout(image)};
    }
    throw std::logic_error("an operation of no kind");
}

}  // namespace

Operation with_batch(Operation operation, std::int64_t n) {
    std::visit([n](auto& d) { set_batch(d, n); }, operation.descriptor);
    return operation;
}

Operation standard_operation(OpKind kind, std::int64_t n) {
    return with_batch({kind, descriptor(kind)}, n);
}

}  // namespace emulsion::kernels::tests
