// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The Gram matrix of a set of features, row by row: dot products of one sample with all. Every kernel, every
// width of a kernel and every fold is derived from these, so they are computed once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "apps/baseline/products.h"
#include "apps/baseline/row_cache.h"

namespace emulsion::baseline {

/// Whole where it fits into `bytes`; else its rows are computed when they are asked for, in blocks, and kept
/// while there is room. Either way a value has the same bits.
class DotRows {
   public:
    /// `features` must outlive this. Computes the whole matrix at once if it fits.
    DotRows(Rows features, std::size_t bytes, const DeviceId& device, int threads);

    std::int64_t count() const { return features_.count; }
    std::int64_t depth() const { return features_.depth; }
    /// Whether every row is there. Then any number of threads may ask; else one.
    bool whole() const { return cache_ == nullptr; }
    /// How many rows are best computed at once; 1 if all are there.
    std::int64_t block() const;
    std::span<const float> squared_norms() const { return norms_; }

    /// Computes those of the rows that are not there, in one product. At most block().
    void fetch(std::span<const std::int32_t> samples);
    /// count() dot products; good until the next call of this or of fetch().
    const float* row(std::int32_t sample);

   private:
    void compute_whole();

    Rows features_;
    Products products_;
    std::unique_ptr<float[]> matrix_;
    std::unique_ptr<RowCache> cache_;
    std::vector<float> norms_;
    std::vector<float> gathered_, block_rows_;
};

}  // namespace emulsion::baseline
