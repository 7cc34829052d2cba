// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The windows of a convolution as the right operand of a tile product, without a copy (implicit GEMM): line n
// is a place of the result, depth k = (channel, kernel row, kernel column) what its window holds there, zero
// outside the image.
#pragma once

#include <type_traits>

#include "kernels/cuda/tile_product.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

/// A place in a kernel. `square` is its height and width where they are known when compiled, so that
/// divisions by them become multiplications; else 0.
template <int square>
struct Tap {
    int channel, row, column;

    __device__ Tap(int k, int height, int width) {
        const int h = square != 0 ? square : height, w = square != 0 ? square : width;
        channel = k / (h * w);
        row = k / w % h;
        column = k % w;
    }
    __device__ void next(int height, int width) {
        if (++column < (square != 0 ? square : width)) return;
        column = 0;
        if (++row < (square != 0 ? square : height)) return;
        row = 0;
        ++channel;
    }
};

/// Calls body(std::integral_constant<int, square>) for kernels that have code of their own, body(... 0) for
/// others.
template <class Body>
void with_kernel_extent(int height, int width, Body&& body) {
    const int square = height == width ? height : 0;
    if (square == 11) return body(std::integral_constant<int, 11>());
    if (square == 5) return body(std::integral_constant<int, 5>());
    if (square == 3) return body(std::integral_constant<int, 3>());
    if (square == 1) return body(std::integral_constant<int, 1>());
    body(std::integral_constant<int, 0>());
}

/// Planes of h x w, one a channel, and the extents of the windows over them.
struct Planes {
    int h, w, kernel_h, kernel_w;
};

/// A thread takes four depths of one place; neighbours take neighbouring places, whose windows begin at
/// neighbouring cells. Tap (row, column) is `direction` times as far from the window's first cell: +1
/// forward, -1 for the gradient of the data, which sees the kernel upside down.
template <int extent, int square, int direction>
struct Windows {
    Share<0, 1> share;

    static __device__ Share<0, 1> own_share() {
        return {static_cast<int>(threadIdx.x) % extent, static_cast<int>(threadIdx.x) / extent * fetched};
    }

    __device__ void fetch(int k, float (&values)[fetched]) const {
        const int first = k + share.depth;
        EMULSION_UNROLL for (int i = 0; i < fetched; ++i) values[i] = 0.0F;
        if (!in_bounds(first, depth)) return;  // there may be no kernel to divide by
        Tap<square> tap(first, planes.kernel_h, planes.kernel_w);
        EMULSION_UNROLL for (int i = 0; i < fetched; ++i) {
            const auto y = static_cast<unsigned>(top + direction * tap.row);  // above 0 is far below h
            const auto x = static_cast<unsigned>(left + direction * tap.column);
            const bool deep = in_bounds(first + i, depth);
            const bool down = in_bounds(y, static_cast<unsigned>(planes.h));
            const bool across = in_bounds(x, static_cast<unsigned>(planes.w));
            if (deep && down && across)
                values[i] = __ldg(first_plane + (tap.channel * planes.h + static_cast<int>(y)) * planes.w +
                                  static_cast<int>(x));
            tap.next(planes.kernel_h, planes.kernel_w);
        }
    }

    Planes planes;
    const float* first_plane;  ///< of the image and group
    int top, left;             ///< where the window begins; may lie outside
    int depth;                 ///< channels * kernel area; 0 for a place that does not exist
};

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
