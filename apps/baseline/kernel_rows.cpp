// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/kernel_rows.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace emulsion::baseline {
namespace {

constexpr std::size_t at(std::int64_t i) {
    return static_cast<std::size_t>(i);
}

/// e^x for x <= 0, within 2 units in the last place down to -87, where it stays: 1e-38, a kernel's nothing.
/// Without branches or calls, so that the compiler makes vectors of the loops around it.
inline float exponential(float x) {
    constexpr float log2_e = 1.44269504F, ln2_high = 0.693359375F, ln2_low = -2.12194440e-4F;
    x = x > -87.0F ? x : -87.0F;
    const float power = std::floor(std::fma(x, log2_e, 0.5F));
    const float rest = std::fma(-power, ln2_low, std::fma(-power, ln2_high, x));  // |rest| <= ln(2) / 2
    // Taylor's series to the seventh power leaves 5e-9 at the ends.
    float sum = 1.0F / 5040;
    for (const float coefficient : {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F})
        sum = std::fma(sum, rest, coefficient);
    const auto exponent = static_cast<std::int32_t>(power) + 127;
    return sum * std::bit_cast<float>(exponent << 23);
}

}  // namespace

void apply_kernel(const Kernel& kernel, float squared_norm, const float* squared_norms, float* values,
                  std::int64_t count) {
    if (kernel.kind == Kernel::Kind::linear) return;
    const auto gamma = static_cast<float>(kernel.gamma);
    for (std::int64_t k = 0; k < count; ++k) {
        const float squared_distance = squared_norm + squared_norms[k] - 2 * values[k];
        values[k] = exponential(-gamma * (squared_distance > 0 ? squared_distance : 0.0F));
    }
}

KernelRows::KernelRows(DotRows& dots, const Kernel& kernel, std::vector<std::int32_t> members,
                       std::size_t cache_bytes)
    : dots_(dots),
      kernel_(kernel),
      members_(std::move(members)),
      diagonal_(members_.size()),
      cache_(count(), count(), cache_bytes, 3) {
    for (std::size_t i = 0; i < members_.size(); ++i)
        diagonal_[i] = kernel.kind == Kernel::Kind::rbf ? 1.0F : dots.squared_norms()[at(members_[i])];
    unshrink();
}

const float* KernelRows::row(std::int32_t sample) {
    if (const float* there = cache_.find(sample)) return there;
    const float* const dots = dots_.row(member(sample));
    float* const values = cache_.insert(sample);
    for (std::size_t k = 0; k < active_.size(); ++k) values[k] = dots[active_[k]];
    apply_kernel(kernel_, dots_.squared_norms()[at(member(sample))], active_norms_.data(), values,
                 static_cast<std::int64_t>(active_.size()));
    return values;
}

void KernelRows::fetch(std::span<const std::int32_t> samples) {
    std::vector<std::int32_t> wanted;
    for (const std::int32_t sample : samples)
        if (!cached(sample)) wanted.push_back(member(sample));
    dots_.fetch(wanted);
}

void KernelRows::shrink(std::span<const std::int32_t> places) {
    const auto keep = [&](auto* values) {
        for (std::size_t k = 0; k < places.size(); ++k) values[k] = values[places[k]];
    };
    cache_.for_each(keep);
    keep(active_.data());
    keep(active_norms_.data());
    active_.resize(places.size());
    active_norms_.resize(places.size());
}

void KernelRows::unshrink() {
    if (active_.size() == members_.size()) return;
    cache_.clear();  // its rows lack what comes back
    active_ = members_;
    active_norms_.resize(members_.size());
    for (std::size_t k = 0; k < members_.size(); ++k)
        active_norms_[k] = dots_.squared_norms()[at(members_[k])];
}

void KernelRows::accumulate(std::span<const double> weights, std::span<const std::int32_t> targets,
                            std::span<double> sums) {
    std::vector<float> norms(targets.size()), values(targets.size());
    for (std::size_t t = 0; t < targets.size(); ++t) norms[t] = dots_.squared_norms()[at(targets[t])];
    std::vector<std::int32_t> used;
    for (std::size_t k = 0; k < weights.size(); ++k)
        if (weights[k] != 0) used.push_back(static_cast<std::int32_t>(k));
    std::vector<std::int32_t> block;
    for (std::size_t u = 0; u < used.size(); ++u) {
        if (u % at(dots_.block()) == 0) {
            block.clear();
            for (std::size_t b = u; b < std::min(used.size(), u + at(dots_.block())); ++b)
                block.push_back(member(used[b]));
            dots_.fetch(block);
        }
        const std::int32_t sample = used[u];
        const float* const dots = dots_.row(member(sample));
        for (std::size_t t = 0; t < targets.size(); ++t) values[t] = dots[targets[t]];
        apply_kernel(kernel_, dots_.squared_norms()[at(member(sample))], norms.data(), values.data(),
                     static_cast<std::int64_t>(targets.size()));
        const double weight = weights[at(sample)];
        for (std::size_t t = 0; t < targets.size(); ++t) sums[t] += weight * static_cast<double>(values[t]);
    }
}

}  // namespace emulsion::baseline
