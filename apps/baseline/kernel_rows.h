// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Rows of a kernel matrix for one training set, as the solver asks for them: over the samples that it still
// works on (its active set), derived from dot products, and kept in a bounded cache.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/baseline/dot_rows.h"
#include "apps/baseline/row_cache.h"

namespace emulsion::baseline {

/// K(a, b) = a . b, or exp(-gamma |a - b|^2).
struct Kernel {
    enum class Kind : std::uint8_t { linear, rbf };
    Kind kind = Kind::rbf;
    double gamma = 1e-6;  ///< of rbf

    bool operator==(const Kernel&) const = default;
};

/// values[k] = K(a, b_k), given values[k] = a . b_k and the squared norms.
void apply_kernel(const Kernel&, float squared_norm, const float* squared_norms, float* values,
                  std::int64_t count);

/// Samples of the training set are numbered from 0 here, whatever their places among the features.
class KernelRows {
   public:
    /// `dots` must outlive this. `members`: which of its samples make up the training set.
    KernelRows(DotRows& dots, const Kernel& kernel, std::vector<std::int32_t> members,
               std::size_t cache_bytes);

    std::int64_t count() const { return static_cast<std::int64_t>(members_.size()); }
    /// K(i, i).
    float diagonal(std::int32_t sample) const { return diagonal_[static_cast<std::size_t>(sample)]; }

    /// K(sample, active[k]) for each k. Good until two other rows have been asked for.
    const float* row(std::int32_t sample);
    bool cached(std::int32_t sample) const { return cache_.contains(sample); }
    /// How many rows are best made at once; 1 where that is no gain.
    std::int64_t block() const { return dots_.block(); }
    /// Makes the dot products that rows of these samples need, in one product.
    void fetch(std::span<const std::int32_t> samples);

    /// From now on rows hold the active samples at these places alone (ascending).
    void shrink(std::span<const std::int32_t> places);
    /// All samples are active again.
    void unshrink();

    /// sums[t] += the sum over the samples k of weights[k] * K(k, targets[t]), where targets are numbers of
    /// features (of `dots`), in the training set or not. Samples of weight 0 cost nothing.
    void accumulate(std::span<const double> weights, std::span<const std::int32_t> targets,
                    std::span<double> sums);
    /// The place of a sample among the features.
    std::int32_t member(std::int32_t sample) const { return members_[static_cast<std::size_t>(sample)]; }

   private:
    DotRows& dots_;
    Kernel kernel_;
    std::vector<std::int32_t> members_;
    std::vector<std::int32_t> active_;  ///< places among the features
    std::vector<float> active_norms_, diagonal_;
    RowCache cache_;
};

}  // namespace emulsion::baseline
