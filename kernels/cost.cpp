// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What each operation must cost at the least, and how it is written in one line.
#include <cstdio>

#include "kernels/kernels.h"

namespace emulsion::kernels {
namespace {

constexpr double word = 4;  // bytes of an fp32 value

double count(const Shape& s) {
    return static_cast<double>(s.count());
}

Cost of(OpKind kind, const Convolution& c) {
    const double macs =
        static_cast<double>(c.weight_count()) * static_cast<double>(c.dst.n * c.dst.h * c.dst.w);
    const double values = count(c.src) + count(c.dst) + static_cast<double>(c.weight_count());
    const bool adds_bias = c.bias && kind != OpKind::conv_backward_data;
    return {2 * macs + (adds_bias ? count(c.dst) : 0), word * values};
}

Cost of(OpKind kind, const FullyConnected& f) {
    const double weights = static_cast<double>(f.outputs) * static_cast<double>(f.src.per_image());
    const bool adds_bias = f.bias && kind != OpKind::fc_backward_data;
    return {2 * weights * static_cast<double>(f.src.n) + (adds_bias ? count(f.dst()) : 0),
            word * (weights + count(f.src) + count(f.dst()))};
}

Cost of(OpKind kind, const Relu& r) {
    return {count(r.shape), word * (kind == OpKind::relu_forward ? 2 : 3) * count(r.shape)};
}

// Forward: a square, a running window of two adds, a multiply-add, a power (counted as one), a multiply.
// Backward: the window again over diff*dst/scale, and the combination.
Cost of(OpKind kind, const Lrn& l) {
    const bool forward = kind == OpKind::lrn_forward;
    return {(forward ? 7 : 10) * count(l.shape), word * (forward ? (l.keep ? 3 : 2) : 5) * count(l.shape)};
}

Cost of(OpKind kind, const Pool& p) {
    const double cells = count(p.dst) * p.kernel_h * p.kernel_w;
    const bool forward = kind == OpKind::pool_forward;
    const double indices = p.mode == Pool::Mode::maximum && (p.keep || !forward) ? count(p.dst) : 0;
    return {forward ? cells : count(p.dst), word * (count(p.src) + count(p.dst)) + indices};
}

Cost of(OpKind, const Dropout& d) {
    return {count(d.shape), word * 2 * count(d.shape)};
}
Cost of(OpKind, const Softmax& s) {
    return {4 * count(s.shape), word * 2 * count(s.shape)};
}
Cost of(OpKind, const Loss& l) {
    return {4 * count(l.shape), word * 2 * count(l.shape)};
}
Cost of(OpKind, const Concat& c) {
    return {0, word * 2 * count(c.dst)};
}
Cost of(OpKind, const Add& a) {
    return {count(a.shape), word * 3 * count(a.shape)};
}
Cost of(OpKind, const SquareSum& s) {
    return {2 * static_cast<double>(s.count), word * static_cast<double>(s.count)};
}

// Reads weights, gradient and momentum, writes weights and momentum; three multiply-adds an element.
Cost of(OpKind, const Sgd& s) {
    double updated = 0;
    for (const auto& segment : s.segments)
        if (segment.rate_mult != 0) updated += static_cast<double>(segment.count);
    return {6 * updated, word * 5 * updated};
}

Cost of(OpKind, const PrepareInput& p) {
    return {2 * count(p.dst), (word + 1) * count(p.dst)};
}
Cost of(OpKind, const Reorder& r) {
    return {0, static_cast<double>(r.from.bytes) + static_cast<double>(r.to.bytes)};
}

template <class... Parts>
std::string format(const char* pattern, Parts... parts) {
    char text[256];
    std::snprintf(text, sizeof text, pattern, parts...);
    return text;
}

std::string write(const Convolution& c) {
    std::string text = describe(c.src) + " -> " + describe(c.dst);
    text += format(" k%dx%d s%dx%d p%dx%d", c.kernel_h, c.kernel_w, c.stride_h, c.stride_w, c.pad_h, c.pad_w);
    if (c.groups > 1) text += format(" g%d", c.groups);
    if (c.relu) text += " +relu";
    return text;
}
std::string write(const FullyConnected& f) {
    return describe(f.src) + " -> " + describe(f.dst()) + (f.relu ? " +relu" : "");
}
std::string write(const Relu& r) {
    return describe(r.shape);
}
std::string write(const Lrn& l) {
    return describe(l.shape) + format(" n%d a%g b%g k%g", l.size, static_cast<double>(l.alpha),
                                      static_cast<double>(l.beta), static_cast<double>(l.k));
}
std::string write(const Pool& p) {
    constexpr const char* modes[] = {"max", "average (padded)", "average (inside)"};
    return describe(p.src) + " -> " + describe(p.dst) +
           format(" %s k%dx%d s%dx%d p%dx%d", modes[static_cast<int>(p.mode)], p.kernel_h, p.kernel_w,
                  p.stride_h, p.stride_w, p.pad_h, p.pad_w);
}
std::string write(const Dropout& d) {
    return describe(d.shape) + format(" ratio %g", static_cast<double>(d.ratio));
}
std::string write(const Softmax& s) {
    return describe(s.shape);
}
std::string write(const Loss& l) {
    return describe(l.shape);
}
std::string write(const Concat& c) {
    return format("%zu sources -> ", c.src.size()) + describe(c.dst);
}
std::string write(const Add& a) {
    return describe(a.shape);
}
std::string write(const SquareSum& s) {
    return std::to_string(s.count) + " values";
}
std::string write(const Sgd& s) {
    return std::to_string(s.count) + " values" + format(" in %zu segments", s.segments.size());
}
std::string write(const PrepareInput& p) {
    return format("%dx%d photo -> ", p.photo_h, p.photo_w) + describe(p.dst);
}
std::string write(const Reorder& r) {
    return describe(r.shape) + " " + r.from.name() + " -> " + r.to.name();
}

}  // namespace

Cost cost(const Operation& op) {
    return std::visit([&](const auto& d) { return of(op.kind, d); }, op.descriptor);
}

std::string describe(const Operation& op) {
    return std::string(name(op.kind)) + " " +
           std::visit([](const auto& d) { return write(d); }, op.descriptor);
}

std::string describe(const Shape& s) {
    return std::to_string(s.n) + "x" + std::to_string(s.c) + "x" + std::to_string(s.h) + "x" +
           std::to_string(s.w);
}

}  // namespace emulsion::kernels
