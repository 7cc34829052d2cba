// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/dot_rows.h"

#include <algorithm>
#include <cstring>

namespace emulsion::baseline {
namespace {

/// Rows of a product on demand: enough that memory is no longer the limit, few enough that those that turn
/// out not to be needed cost little.
constexpr std::int64_t rows_on_demand = 32;
constexpr std::int64_t panel = 256;  // rows of the whole matrix that are computed together

constexpr std::size_t at(std::int64_t i) {
    return static_cast<std::size_t>(i);
}

/// Mirrors rows [first, last) of the upper triangle: matrix[j][i] = matrix[i][j], in blocks, so that both
/// sides stay in the cache.
void mirror(float* matrix, std::int64_t count, std::int64_t first, std::int64_t last) {
    constexpr std::int64_t side = 32;
    for (std::int64_t j = first; j < count; j += side)
        for (std::int64_t i = first; i < last; i += side)
            for (std::int64_t jj = j; jj < std::min(j + side, count); ++jj)
                for (std::int64_t ii = i; ii < std::min({i + side, last, jj}); ++ii)
                    matrix[jj * count + ii] = matrix[ii * count + jj];
}

}  // namespace

DotRows::DotRows(Rows features, std::size_t bytes, const DeviceId& device, int threads)
    : features_(features), products_(features, device, threads), norms_(at(features.count)) {
    const std::int64_t n = features.count;
    if (at(n) <= bytes / sizeof(float) / at(n)) {
        compute_whole();
        return;
    }
    cache_ = std::make_unique<RowCache>(n, n, bytes, 2);
    const std::int64_t most = std::min(rows_on_demand, cache_->capacity());
    gathered_.resize(at(most * features.depth));
    block_rows_.resize(at(most * n));
    for (std::int64_t i = 0; i < n; ++i)
        products_.multiply({features.row(i), 1, features.depth}, i, 1, &norms_[at(i)], 1);
}

void DotRows::compute_whole() {
    const std::int64_t n = features_.count;
    matrix_ = std::make_unique_for_overwrite<float[]>(at(n * n));
    for (std::int64_t first = 0; first < n; first += panel) {
        const std::int64_t rows = std::min(panel, n - first);
        products_.multiply({features_.row(first), rows, features_.depth}, first, n - first,
                           matrix_.get() + first * n + first, n);
        mirror(matrix_.get(), n, first, first + rows);
    }
    for (std::int64_t i = 0; i < n; ++i) norms_[at(i)] = matrix_[at(i * n + i)];
}

std::int64_t DotRows::block() const {
    return whole() ? 1 : std::min(rows_on_demand, cache_->capacity());
}

void DotRows::fetch(std::span<const std::int32_t> samples) {
    if (whole()) return;
    std::vector<std::int32_t> missing;
    for (const std::int32_t sample : samples)
        if (cache_->find(sample) == nullptr) missing.push_back(sample);
    if (missing.empty()) return;
    const std::int64_t n = count(), rows = static_cast<std::int64_t>(missing.size());
    for (std::int64_t i = 0; i < rows; ++i)
        std::copy_n(features_.row(missing[at(i)]), depth(), &gathered_[at(i * depth())]);
    products_.multiply({gathered_.data(), rows, depth()}, 0, n, block_rows_.data(), n);
    for (std::int64_t i = 0; i < rows; ++i)
        std::copy_n(&block_rows_[at(i * n)], n, cache_->insert(missing[at(i)]));
}

const float* DotRows::row(std::int32_t sample) {
    if (whole()) return matrix_.get() + sample * count();
    if (const float* there = cache_->find(sample)) return there;
    fetch({&sample, 1});
    return cache_->find(sample);
}

}  // namespace emulsion::baseline
