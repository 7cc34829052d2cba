// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Plain matrices as operands of a tile product (tile_product.cuh): with their lines or their depth
// contiguous.
#pragma once

#include "kernels/cuda/tile_product.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

/// A matrix of `lines` x `depth`.
struct Matrix {
    const float* cells;
    int lines, depth;
    bool quads;  ///< what is contiguous may be read 128 bits at a time

    /// Where `width` numbers in a row are contiguous.
    static bool in_quads(const float* cells, int width) {
        return reinterpret_cast<std::uintptr_t>(cells) % sizeof(float4) == 0 && width % quad == 0;
    }
};

inline __device__ void read_quad(const float* from, float (&values)[fetched]) {
    const float4 four = __ldg(reinterpret_cast<const float4*>(from));
    values[0] = four.x;
    values[1] = four.y;
    values[2] = four.z;
    values[3] = four.w;
}

/// Cell (line, k) at line * depth + k. A thread takes four depths of a line; neighbours continue the line.
template <int extent>
struct DepthContiguous {
    Share<0, 1> share;

    __device__ DepthContiguous(const Matrix& matrix, int first_line)
        : share{static_cast<int>(threadIdx.x) / per_line, static_cast<int>(threadIdx.x) % per_line * fetched},
          quads_(matrix.quads),
          depth_(in_bounds(first_line + share.line, matrix.lines) ? matrix.depth : 0),
          line_(depth_ != 0 ? matrix.cells + (first_line + share.line) * matrix.depth : nullptr) {}

    __device__ void fetch(int k, float (&values)[fetched]) const {
        const int first = k + share.depth;
        EMULSION_UNROLL for (int i = 0; i < fetched; ++i) values[i] = 0.0F;
        if (quads_) {
            if (in_bounds(first, depth_)) read_quad(line_ + first, values);
            return;
        }
        EMULSION_UNROLL for (int i = 0; i < fetched; ++i) {
            if (in_bounds(first + i, depth_)) values[i] = __ldg(line_ + first + i);
        }
    }

   private:
    static constexpr int per_line = tile_depth / fetched;
    bool quads_;
    int depth_;  // 0 beyond the last line
    const float* line_;
};

/// Cell (line, k) at k * lines + line. A thread takes four lines at one depth; neighbours continue the lines.
template <int extent>
struct LinesContiguous {
    Share<1, 0> share;

    __device__ LinesContiguous(const Matrix& matrix, int first_line)
        : share{static_cast<int>(threadIdx.x) % per_depth * fetched,
                static_cast<int>(threadIdx.x) / per_depth},
          matrix_(matrix),
          line_(first_line + share.line) {}

    __device__ void fetch(int k, float (&values)[fetched]) const {
        const int depth = k + share.depth;
        EMULSION_UNROLL for (int i = 0; i < fetched; ++i) values[i] = 0.0F;
        if (!in_bounds(depth, matrix_.depth)) return;
        const float* const from = matrix_.cells + depth * matrix_.lines;
        if (matrix_.quads) {
            if (in_bounds(line_, matrix_.lines)) read_quad(from + line_, values);
            return;
        }
        EMULSION_UNROLL for (int i = 0; i < fetched; ++i) {
            if (in_bounds(line_ + i, matrix_.lines)) values[i] = __ldg(from + line_ + i);
        }
    }

   private:
    static constexpr int per_depth = extent / fetched;
    Matrix matrix_;
    int line_;
};

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
