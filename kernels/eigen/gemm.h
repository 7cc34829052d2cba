// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Matrix products on Eigen's innermost kernels, in blocks of our own.
//
//     C (rows x columns, column-major) += A (rows x depth) * B (depth x columns)
//
// Eigen's `c.noalias() += a * b` would choose its blocks by the product's shape and take memory for
// them at every call. Both are out of place here: run() takes no memory, and an image's bits must not
// depend on the batch, hence neither may the order in which its sums are formed. So we call the three
// parts that Eigen's own product is made of: two that pack a block of A or B into the order in which it
// is read, and the register-tiled kernel (on AVX2: 24 rows x 4 columns) that multiplies packed blocks.
//
// A value of C is the sum over depth blocks of sums within a block. How a block's sum is formed depends
// on the depth and on where the row stands among the rows of its packed block, on nothing else:
// columns may be split anywhere at a multiple of column_step without a change in any bit.
#pragma once

#include <Eigen/Core>
#include <algorithm>

namespace emulsion::kernels::eigen {

using Eigen::ColMajor;
using Eigen::Index;
using Eigen::RowMajor;

using GemmTraits = Eigen::internal::gebp_traits<float, float>;

/// Rows are multiplied `row_step` at a time, columns `column_step`.
inline constexpr Index row_step = GemmTraits::mr, column_step = GemmTraits::nr;

/// Block sizes. A panel of A (row_step x depth_block) stays in the first cache while the block of B
/// streams by; both blocks together stay in the second.
inline constexpr Index depth_block = 256, row_block = 5 * row_step, column_block = 256;
inline constexpr Index left_block_floats = row_block * depth_block;
inline constexpr Index right_block_floats = column_block * depth_block;

/// A read-only matrix: pointer, distance between columns (ColMajor) or rows (RowMajor).
template <int Order>
using Matrix = Eigen::internal::const_blas_data_mapper<float, Index, Order>;

/// A column-major result.
using Result = Eigen::internal::blas_data_mapper<float, Index, ColMajor>;

/// Packs rows x depth values of A; `packed` is 64-byte aligned.
template <int Order>
void pack_left(float* packed, const Matrix<Order>& a, Index rows, Index depth) {
    Eigen::internal::gemm_pack_lhs<float, Index, Matrix<Order>, GemmTraits::mr, GemmTraits::LhsProgress,
                                   GemmTraits::LhsPacket4Packing, Order>
        pack;
    pack(packed, a, depth, rows);
}

/// Packs depth x columns values of B. Column j, at a multiple of column_step, starts at j * depth.
template <int Order>
void pack_right(float* packed, const Matrix<Order>& b, Index depth, Index columns) {
    Eigen::internal::gemm_pack_rhs<float, Index, Matrix<Order>, GemmTraits::nr, Order> pack;
    pack(packed, b, depth, columns);
}

/// C += A * B over packed blocks.
inline void multiply_packed(const Result& c, const float* left, const float* right, Index rows, Index depth,
                            Index columns) {
    Eigen::internal::gebp_kernel<float, float, Index, Result, GemmTraits::mr, GemmTraits::nr> multiply;
    multiply(c, left, right, rows, depth, columns, 1.0F);
}

/// Into how many parts to cut the columns of `items` products, so that all threads have work. A part
/// costs its share of the product and once more what comes before it (gathering, packing the left side):
/// about a twelfth of a product.
inline Index column_parts(Index items, Index columns, int threads) {
    const auto time = [&](Index parts) {
        const Index rounds = (items * parts + threads - 1) / threads;
        return static_cast<double>(rounds) * (1.0 / static_cast<double>(parts) + 1.0 / 12);
    };
    Index best = 1;
    for (Index parts = 2; parts <= std::min<Index>(16, columns / (4 * column_step)); ++parts)
        if (time(parts) < time(best)) best = parts;
    return best;
}

/// Columns to a part, at a multiple of column_step; the last part may have fewer.
inline Index columns_per_part(Index columns, Index parts) {
    return ((columns + parts - 1) / parts + column_step - 1) / column_step * column_step;
}

/// C = A * B, or C += A * B. `blocks` holds left_block_floats + right_block_floats, 64-byte aligned.
template <int LeftOrder, int RightOrder>
void multiply(const Result& c, const Matrix<LeftOrder>& a, const Matrix<RightOrder>& b, Index rows,
              Index depth, Index columns, bool accumulate, float* blocks) {
    float* const left = blocks;
    float* const right = blocks + left_block_floats;
    for (Index j = 0; j < columns; j += column_block) {
        const Index width = std::min(column_block, columns - j);
        for (Index k = 0; k < depth; k += depth_block) {
            const Index deep = std::min(depth_block, depth - k);
            pack_right<RightOrder>(right, b.getSubMapper(k, j), deep, width);
            for (Index i = 0; i < rows; i += row_block) {
                const Index height = std::min(row_block, rows - i);
                const Result block = c.getSubMapper(i, j);
                // Cleared here, not in advance: the block is then in the cache when it is added to.
                if (k == 0 && !accumulate)
                    for (Index column = 0; column < width; ++column)
                        std::fill_n(&block(0, column), height, 0.0F);
                pack_left<LeftOrder>(left, a.getSubMapper(i, k), height, deep);
                multiply_packed(block, left, right, height, deep, width);
            }
        }
    }
}

}  // namespace emulsion::kernels::eigen
