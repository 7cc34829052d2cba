// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The oracles: each operation as a plain loop in double precision, from the text of kernels.h alone.
// An oracle is a function from the place of one result to its value, so that a large operation can be
// checked on a sample of its results. All arrays are plain NCHW.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

#include "tests/kernels/values.h"

namespace emulsion::kernels::tests::oracle {

/// One result, with what its rounding error depends on: the sum of the absolute values of the terms,
/// which is what one rounding moves in proportion to, and how many terms were added.
struct Cell {
    double value = 0, magnitude = 0;
    std::int64_t terms = 0;

    void add(double term) {
        value += term;
        magnitude += std::fabs(term);
        ++terms;
    }
};

/// Where element i of a shape stands, and the way back.
struct Position {
    std::int64_t n, c, h, w;
};
Position position(const Shape& shape, std::int64_t i);
std::size_t index(const Shape& shape, std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w);

// Weighted sums (oracle_linear.cpp). An empty `bias` means none.
Cell conv_forward(const Convolution&, const Values& src, const Values& weights, const Values& bias,
                  std::int64_t i);
Cell conv_backward_data(const Convolution&, const Values& diff_dst, const Values& weights, std::int64_t i);
Cell conv_backward_weights(const Convolution&, const Values& src, const Values& diff_dst, std::int64_t i);
Cell conv_backward_bias(const Convolution&, const Values& diff_dst, std::int64_t channel);
Cell fc_forward(const FullyConnected&, const Values& src, const Values& weights, const Values& bias,
                std::int64_t i);
Cell fc_backward_data(const FullyConnected&, const Values& diff_dst, const Values& weights, std::int64_t i);
Cell fc_backward_weights(const FullyConnected&, const Values& src, const Values& diff_dst, std::int64_t i);
Cell fc_backward_bias(const FullyConnected&, const Values& diff_dst, std::int64_t output);

// Over images (oracle_image.cpp).
Cell relu_forward(const Values& src, std::int64_t i);
Cell relu_backward(const Values& dst, const Values& diff_dst, std::int64_t i);
Cell lrn_forward(const Lrn&, const Values& src, std::int64_t i);
Cell lrn_backward(const Lrn&, const Values& src, const Values& dst, const Values& diff_dst, std::int64_t i);
Cell pool_forward(const Pool&, const Values& src, std::int64_t i);
Cell pool_backward(const Pool&, const Values& src, const Values& diff_dst, std::int64_t i);
Cell concat_forward(const Concat&, std::span<const Array> sources, std::int64_t i);
Cell concat_backward(const Concat&, const Values& diff_dst, std::size_t source, std::int64_t i);
Cell add(const Values& src, const Values& src2, std::int64_t i);
Cell prepare_input(const PrepareInput&, const Values& photos, const Values& crops, const Values& mean,
                   std::int64_t i);

// Of training (oracle_training.cpp). Dropout's backward is its forward, applied to the gradient.
Cell dropout(const Dropout&, const DropoutCounter&, const Values& values, std::int64_t i);
Cell softmax_forward(const Shape&, const Values& src, std::int64_t i);
Cell softmax_backward(const Shape&, const Values& dst, const Values& diff_dst, std::int64_t i);
Cell loss_forward(const Loss&, const Values& src, const Values& labels);
Cell loss_backward(const Loss&, const Values& dst, const Values& labels, std::int64_t i);
Cell square_sum(const Values& src);
/// The momentum and the weight after one update; `rates.skip` and segments of rate 0 leave both alone.
struct Updated {
    Cell momentum, weight;
};
Updated sgd_update(const Sgd&, const SgdRates&, const Values& weights, const Values& diff_weights,
                   const Values& momentum, std::int64_t i);

}  // namespace emulsion::kernels::tests::oracle
