// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Dropout, softmax, the loss and the solver's arithmetic, one result at a time.
#include <algorithm>

#include "tests/kernels/oracle.h"

namespace emulsion::kernels::tests::oracle {
namespace {

double at(const Values& values, std::int64_t i) {
    return values[static_cast<std::size_t>(i)];
}

/// The largest of one image's logits, and the sum of exp(logit - largest).
struct Row {
    double largest, sum;
};

Row row(const Shape& shape, const Values& src, std::int64_t n) {
    Row r{at(src, n * shape.c), 0};
    for (std::int64_t c = 0; c < shape.c; ++c) r.largest = std::max(r.largest, at(src, n * shape.c + c));
    for (std::int64_t c = 0; c < shape.c; ++c) r.sum += std::exp(at(src, n * shape.c + c) - r.largest);
    return r;
}

std::int64_t images_counted(const Values& labels) {
    return std::count_if(labels.begin(), labels.end(), [](double label) { return label != -1; });
}

const Sgd::Segment* segment_of(const Sgd& sgd, std::int64_t i) {
    for (const auto& s : sgd.segments)
        if (i >= s.offset && i < s.offset + s.count) return &s;
    return nullptr;
}

}  // namespace

Cell dropout(const Dropout& d, const DropoutCounter& counter, const Values& values, std::int64_t i) {
    const Philox4 words =
        dropout_words(counter.seed, counter.step, d.stream, static_cast<std::uint64_t>(i / 4));
    const bool keep = words.word[i % 4] >= drop_threshold(d.ratio);
    const double value = keep ? at(values, i) / (1 - static_cast<double>(d.ratio)) : 0;
    return {value, std::fabs(value), 1};
}

// One rounding of an exponent x moves exp(x) by |x| roundings.
Cell softmax_forward(const Shape& shape, const Values& src, std::int64_t i) {
    const Row r = row(shape, src, i / shape.c);
    const double exponent = at(src, i) - r.largest, value = std::exp(exponent) / r.sum;
    return {value, value * (1 + std::fabs(exponent)), shape.c};
}

Cell softmax_backward(const Shape& shape, const Values& dst, const Values& diff_dst, std::int64_t i) {
    const std::int64_t first = i / shape.c * shape.c;
    Cell inner;
    inner.add(-at(diff_dst, i));
    for (std::int64_t k = first; k < first + shape.c; ++k) inner.add(at(dst, k) * at(diff_dst, k));
    return {-inner.value * at(dst, i), inner.magnitude * at(dst, i), inner.terms};
}

Cell loss_forward(const Loss& loss, const Values& src, const Values& labels) {
    Cell sum;
    for (std::int64_t n = 0; n < loss.shape.n; ++n) {
        if (at(labels, n) == -1) continue;
        const Row r = row(loss.shape, src, n);
        const double logit = at(src, n * loss.shape.c + static_cast<std::int64_t>(at(labels, n)));
        sum.value += std::log(r.sum) + r.largest - logit;
        sum.magnitude += 1 + std::log(r.sum) + r.largest - logit;
        sum.terms += loss.shape.c + 1;
    }
    const auto counted = static_cast<double>(std::max<std::int64_t>(1, images_counted(labels)));
    return {sum.value / counted, sum.magnitude / counted, sum.terms};
}

Cell loss_backward(const Loss& loss, const Values& dst, const Values& labels, std::int64_t i) {
    const std::int64_t n = i / loss.shape.c, c = i % loss.shape.c;
    if (at(labels, n) == -1) return {};
    const double factor = static_cast<double>(loss.scale) / static_cast<double>(images_counted(labels));
    const double hot = at(labels, n) == static_cast<double>(c) ? 1 : 0;
    return {factor * (at(dst, i) - hot), std::fabs(factor) * (at(dst, i) + hot), 2};
}

Cell square_sum(const Values& src) {
    long double sum = 0;  // the result is judged by f64's roundings, so the oracle needs more digits
    for (const double x : src) sum += static_cast<long double>(x) * static_cast<long double>(x);
    const auto value = static_cast<double>(sum);
    return {value, value, static_cast<std::int64_t>(src.size())};
}

Updated sgd_update(const Sgd& sgd, const SgdRates& rates, const Values& weights, const Values& diff_weights,
                   const Values& momentum, std::int64_t i) {
    const double w = at(weights, i), v = at(momentum, i);
    const Sgd::Segment* segment = segment_of(sgd, i);
    if (rates.skip != 0 || segment == nullptr || segment->rate_mult == 0)
        return {{v, 0, 0}, {w, 0, 0}};  // untouched: not one rounding is allowed
    const double sign = w > 0 ? 1 : w < 0 ? -1 : 0;
    const double rate = static_cast<double>(rates.rate) * static_cast<double>(segment->rate_mult);
    const double decay = static_cast<double>(rates.decay) * static_cast<double>(segment->decay_mult);
    Updated after;
    after.momentum.add(static_cast<double>(rates.momentum) * v);
    after.momentum.add(rate * static_cast<double>(rates.scale) * at(diff_weights, i));
    after.momentum.add(rate * decay * (sgd.l1 ? sign : w));
    after.weight = {w - after.momentum.value, std::fabs(w) + after.momentum.magnitude, 4};
    return after;
}

}  // namespace emulsion::kernels::tests::oracle
