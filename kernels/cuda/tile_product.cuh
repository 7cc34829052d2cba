// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The core of every matrix product of this folder: a block of threads forms one tile of
//
//     product (rows x columns) = left (rows x depth) * right (depth x columns).
//
// It walks the depth in steps of tile_depth. In each step the threads bring a slice of both operands into
// shared memory, then every thread reads its part of both slices, 128 bits at a time, and adds their products
// to the thread_rows x thread_columns sums that it keeps in registers. A value that was loaded once from
// global memory is so used `columns` or `rows` times, one from shared memory 8 times.
//
// The next slice is fetched into registers before the present one is multiplied, so that global memory
// answers meanwhile, and goes to the other of two buffers: one barrier a step is enough. Whoever writes a
// buffer has passed the barrier of the step before, which nobody reaches without having read that buffer to
// the end.
//
// Every sum is a chain of fmaf over the depth in ascending order, padded at its end with zeros to a multiple
// of tile_depth. Its bits depend neither on the shape of the tile nor on its place.
//
// Where operands come from is told by fetchers (matrix_operands.cuh, convolution_*). A line of an operand is
// a row of the left one or a column of the right one. A fetcher for `extent` lines has
//     void fetch(int k, float (&values)[fetched])  reads its cells of the slice that begins at depth k, and
//                                                  zeros for what lies outside the operand
//     share                                        says where in the slice those cells are
#pragma once

#include "kernels/cuda/portable.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

inline constexpr int tile_depth = 8;
inline constexpr int fetched = 4;         ///< cells of a slice that each thread brings
inline constexpr int quad = 4;            ///< floats in a 128-bit access
inline constexpr int blocks_at_once = 2;  ///< on a multiprocessor, at least: one computes while another waits
inline constexpr int padding = 4;  ///< keeps stores along the depth in different banks, and lines aligned

/// A tile of rows x columns sums, thread_rows x thread_columns a thread. A thread's rows come in quads, one
/// in each of thread_rows / quad equal strips of the tile, and so do its columns: the quads of neighbours
/// then lie side by side in shared memory and meet no bank conflict.
template <int tile_rows, int tile_columns, int rows_of_thread, int columns_of_thread>
struct TileShape {
    static constexpr int rows = tile_rows, columns = tile_columns;
    static constexpr int thread_rows = rows_of_thread, thread_columns = columns_of_thread;
    static constexpr int threads_across = columns / thread_columns;
    static constexpr int threads = rows / thread_rows * threads_across;
    static_assert(rows * tile_depth == threads * fetched && columns * tile_depth == threads * fetched,
                  "every thread fetches the same share of both operands");

    /// The row in the tile of this thread's sums [i][...], and the column of its sums [...][j].
    static __device__ int row(int i) {
        return i / quad * (rows / (thread_rows / quad)) +
               static_cast<int>(threadIdx.x) / threads_across * quad + i % quad;
    }
    static __device__ int column(int j) {
        return j / quad * (columns / (thread_columns / quad)) +
               static_cast<int>(threadIdx.x) % threads_across * quad + j % quad;
    }
};
using BigTile = TileShape<128, 128, 8, 8>;
using SmallTile = TileShape<64, 64, 4, 8>;

template <class Shape>
using Sums = float[Shape::thread_rows][Shape::thread_columns];
/// A slice of an operand in shared memory.
template <int extent>
using Slice = float[tile_depth][extent + padding];

/// A thread's share of a slice: `fetched` cells from (line, depth) on, so many lines and so much depth
/// apart.
template <int line_step, int depth_step>
struct Share {
    int line, depth;

    template <int extent>
    __device__ void put(const float (&values)[fetched], Slice<extent>& slice) const {
        if constexpr (line_step == 1) {
            *reinterpret_cast<float4*>(&slice[depth][line]) =
                make_float4(values[0], values[1], values[2], values[3]);
        } else {
            EMULSION_UNROLL for (int i = 0; i < fetched; ++i)
                slice[depth + i * depth_step][line + i * line_step] = values[i];
        }
    }
};

/// Reads quads that begin at `first` and, `stride` apart, at what follows.
template <int count>
__device__ void read_quads(const float* first, int stride, float (&values)[count]) {
    EMULSION_UNROLL for (int i = 0; i < count; i += quad) {
        const float4 four = *reinterpret_cast<const float4*>(first + i / quad * stride);
        values[i] = four.x;
        values[i + 1] = four.y;
        values[i + 2] = four.z;
        values[i + 3] = four.w;
    }
}

template <class Shape>
__device__ void multiply_slices(const Slice<Shape::rows>& left, const Slice<Shape::columns>& right,
                                Sums<Shape>& sums) {
    constexpr int row_strip = Shape::rows / (Shape::thread_rows / quad);
    constexpr int column_strip = Shape::columns / (Shape::thread_columns / quad);
    const int row = Shape::row(0), column = Shape::column(0);
    EMULSION_UNROLL for (int k = 0; k < tile_depth; ++k) {
        float a[Shape::thread_rows], b[Shape::thread_columns];
        read_quads(&left[k][row], row_strip, a);
        read_quads(&right[k][column], column_strip, b);
        EMULSION_UNROLL for (int i = 0; i < Shape::thread_rows; ++i) {
            EMULSION_UNROLL for (int j = 0; j < Shape::thread_columns; ++j) {
                sums[i][j] = fmaf(a[i], b[j], sums[i][j]);
            }
        }
    }
}

/// Sets `sums` to the products over depths [begin, end); begin is a multiple of tile_depth. All threads of
/// the block must call it. The fetchers see to it that nothing is read from `end` on.
template <class Shape, class Left, class Right>
__device__ void tile_product(Left left, Right right, int begin, int end, Sums<Shape>& sums) {
    EMULSION_SHARED(left_slices, Slice<Shape::rows>[2]);
    EMULSION_SHARED(right_slices, Slice<Shape::columns>[2]);
    EMULSION_UNROLL for (int i = 0; i < Shape::thread_rows; ++i) {
        EMULSION_UNROLL for (int j = 0; j < Shape::thread_columns; ++j) sums[i][j] = 0.0F;
    }
    float from_left[fetched], from_right[fetched];
    left.fetch(begin, from_left);
    right.fetch(begin, from_right);
    int buffer = 0;
    for (int k = begin; k < end; k += tile_depth) {
        left.share.template put<Shape::rows>(from_left, left_slices[buffer]);
        right.share.template put<Shape::columns>(from_right, right_slices[buffer]);
        __syncthreads();
        left.fetch(k + tile_depth, from_left);
        right.fetch(k + tile_depth, from_right);
        multiply_slices<Shape>(left_slices[buffer], right_slices[buffer], sums);
        buffer ^= 1;
    }
}

/// A block's place in a product that is cut into tiles, column by column of tiles, and repeated.
struct TilePlace {
    int row, column, repeat;  ///< the first row and column of the tile

    /// Blocks next to each other share columns, which are the larger operand wherever that matters.
    template <class Shape>
    static __device__ TilePlace of_block(int rows, int columns) {
        const int down = (rows + Shape::rows - 1) / Shape::rows;
        const int across = (columns + Shape::columns - 1) / Shape::columns;
        const int block = static_cast<int>(blockIdx.x);
        return {block % down * Shape::rows, block / down % across * Shape::columns, block / down / across};
    }
};

/// Blocks for TilePlace. A block has at least one cell of the product to itself, so a grid holds them in x.
template <class Shape>
std::size_t tile_blocks(int rows, int columns, int repeats) {
    return blocks_for(static_cast<std::size_t>(rows), Shape::rows) *
           blocks_for(static_cast<std::size_t>(columns), Shape::columns) * static_cast<std::size_t>(repeats);
}

/// max(0, x), but a NaN stays.
inline __device__ float rectified(float x, bool relu) {
    return relu && x < 0.0F ? 0.0F : x;
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
