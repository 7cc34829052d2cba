// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/tolerance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "emulsion/error.h"
#include "emulsion/layer.h"

namespace emulsion {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double terms(OpKind kind, const kernels::Convolution& c) {
    const double window = static_cast<double>(c.kernel_h) * c.kernel_w / c.groups;
    if (kind == OpKind::conv_backward_weights) return static_cast<double>(c.dst.n * c.dst.h * c.dst.w);
    return window * static_cast<double>(kind == OpKind::conv_forward ? c.src.c : c.dst.c);
}

double terms(OpKind kind, const kernels::FullyConnected& f) {
    if (kind == OpKind::fc_backward_weights) return static_cast<double>(f.src.n);
    return static_cast<double>(kind == OpKind::fc_forward ? f.src.per_image() : f.outputs);
}

double terms(OpKind, const kernels::Lrn& l) {
    return l.size;
}
double terms(OpKind, const kernels::Pool& p) {
    return static_cast<double>(p.kernel_h) * p.kernel_w;
}
double terms(OpKind, const kernels::Softmax& s) {
    return static_cast<double>(s.shape.c);
}
double terms(OpKind, const kernels::Loss& l) {
    return static_cast<double>(l.shape.c);
}
double terms(OpKind, const kernels::SquareSum& s) {
    return static_cast<double>(s.count);
}

template <class Elementwise>
double terms(OpKind, const Elementwise&) {
    return 1;
}

/// To which an operand of a product is rounded first. 3xTF32 adds up what the rounding leaves.
double unit_of_operands(kernels::Precision precision) {
    if (precision == kernels::Precision::bf16) return 0x1p-9;
    return precision == kernels::Precision::tf32 ? 0x1p-11 : 0;
}

}  // namespace

double Difference::relative() const {
    if (largest_error == 0) return 0;
    return largest_value > 0 ? largest_error / largest_value : infinity;
}

bool Difference::within(double tolerance) const {
    return relative() <= tolerance;
}

Difference difference(std::span<const float> tested, std::span<const float> reference) {
    if (tested.size() != reference.size()) {
        throw Error(Error::Kind::failure, "two implementations gave results of different sizes");
    }
    Difference found;
    for (std::size_t i = 0; i < tested.size(); ++i) {
        const double error = std::abs(static_cast<double>(tested[i]) - static_cast<double>(reference[i]));
        if (!std::isfinite(error)) return {infinity, found.largest_value};
        found.largest_error = std::max(found.largest_error, error);
        found.largest_value = std::max(found.largest_value, std::abs(static_cast<double>(reference[i])));
    }
    return found;
}

double reduction_length(const kernels::Operation& operation) {
    return std::visit([&](const auto& descriptor) { return terms(operation.kind, descriptor); },
                      operation.descriptor);
}

bool multiplies(const kernels::Operation& operation) {
    return std::holds_alternative<kernels::Convolution>(operation.descriptor) ||
           std::holds_alternative<kernels::FullyConnected>(operation.descriptor);
}

double rounding(const kernels::Operation& operation, kernels::Precision precision) {
    constexpr double unit_fp32 = 0x1p-24;
    const double operands = multiplies(operation) ? 2 * unit_of_operands(precision) : 0;
    return unit_fp32 * std::sqrt(reduction_length(operation)) + operands;
}

}  // namespace emulsion
