// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The product of a fully connected layer, for any number of images, reading the weights as they lie in the
// file, rows of `inputs` values.
//
// One image is a matrix-vector product: the memory's speed is the limit. Many images are a matrix product.
// Both are the same loop here: a tile of 4 rows x some images of dot products, each in one vector of partial
// sums. The order of additions within a result depends on `inputs` alone, so that an image's results have
// the same bits in any batch.
#pragma once

#include <cstdint>

namespace emulsion::kernels::onednn {

/// The source is arranged tile after tile, and within a tile, of b images, [depth / lanes][b][lanes], so
/// that it is read in one stream. (Rows of 9216 plain values would all fall into the same sets of a cache.)
/// One plain image whose inputs fill whole vectors is arranged already.
struct Dense {
    std::int64_t inputs = 0, outputs = 0, images = 0;
    std::int64_t width = 0;         ///< images of each tile but the last
    std::int64_t depth = 0;         ///< inputs of an arranged image: rounded up to whole vectors, with zeros
    const void* weights = nullptr;  ///< outputs x inputs, fp32 or bf16
    const float* src = nullptr;     ///< arranged
    const float* bias = nullptr;    ///< or null
    float* dst = nullptr;           ///< images x outputs
    bool relu = false;
};

/// The kernel as compiled for one instruction set.
struct DenseKernel {
    const char* name;
    std::int64_t lanes;      ///< floats in a vector
    std::int64_t most_wide;  ///< images of the widest tile

    /// Computes the rows [first, last); first is a multiple of dense_rows.
    void (*f32)(const Dense&, std::int64_t first, std::int64_t last);
    void (*bf16)(const Dense&, std::int64_t first, std::int64_t last);
};

/// Rows of a tile.
inline constexpr std::int64_t dense_rows = 4;

/// The best that this CPU can run.
const DenseKernel& dense_kernel();

/// Each file below compiles its own.
extern const DenseKernel dense_portable;
extern const DenseKernel dense_avx512;

}  // namespace emulsion::kernels::onednn
