// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Pooling, maxima and averages, over planes (a plane is a channel of an image).
//
// Forward: a thread takes an output, neighbours take neighbours along a line; the cells that windows share
// come from the caches. The first of equal cells in row order wins a maximum, a NaN beats all numbers, and
// cells outside the image are not looked at. `places` notes where in its window the maximum stood.
//
// Backward: a thread takes an input cell, asks the windows that cover it, in row order, and adds what each
// gives. So every cell has one owner and one order of addition: no atomics, the same bits always.
//
// Cost: every array crosses the bus once; forward 4 bytes a cell and 4 an output (5 or 8 with places),
// backward the same the other way; an operation for each cell of each window. Memory sets the floor.
#include <algorithm>

#include "kernels/cuda/launchers.h"
#include "kernels/cuda/portable.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

constexpr int block = 256;

/// Cells [begin, end) of a window that lie in the image; `origin` is where it begins, maybe outside.
struct Span {
    int origin, begin, end;
};

__device__ Span span_of(int window, int kernel, int stride, int pad, int extent) {
    const int origin = window * stride - pad;
    return {origin, std::max(origin, 0), std::min(origin + kernel, extent)};
}
__device__ Span rows_of(const PoolShape& s, int y) {
    return span_of(y, s.kh, s.stride_h, s.pad_h, s.h);
}
__device__ Span columns_of(const PoolShape& s, int x) {
    return span_of(x, s.kw, s.stride_w, s.pad_w, s.w);
}

/// What the sum over a window is divided by: the cells inside the image, or those inside its padding too.
__device__ float divisor_of(const PoolShape& s, const Span& rows, const Span& columns) {
    if (s.mode == PoolShape::Mode::average_inside)
        return static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
    const int bottom = std::min(rows.origin + s.kh, s.h + s.pad_h);
    const int right = std::min(columns.origin + s.kw, s.w + s.pad_w);
    return static_cast<float>((bottom - rows.origin) * (right - columns.origin));
}

/// A cell, or an output, of a plane.
struct Position {
    int plane, y, x;
};
__device__ Position position_of(int i, int height, int width) {
    return {i / (height * width), i / width % height, i % width};
}

template <class Place>
__global__ void max_forward_kernel(PoolShape s, const float* src, float* dst, Place* places) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(i, s.planes * s.oh * s.ow)) return;
    const Position at = position_of(i, s.oh, s.ow);
    const Span rows = rows_of(s, at.y), columns = columns_of(s, at.x);
    const float* const plane = src + at.plane * s.h * s.w;
    int best_y = rows.begin, best_x = columns.begin;
    float best = plane[best_y * s.w + best_x];
    for (int y = rows.begin; y < rows.end; ++y)
        for (int x = columns.begin; x < columns.end; ++x) {
            const float value = plane[y * s.w + x];
            const bool best_is_number = best == best;
            if (!(value <= best) && best_is_number) {  // larger, or the first NaN
                best = value;
                best_y = y;
                best_x = x;
            }
        }
    dst[i] = best;
    if (places != nullptr)
        places[i] = static_cast<Place>((best_y - rows.origin) * s.kw + best_x - columns.origin);
}

__global__ void average_forward_kernel(PoolShape s, const float* src, float* dst) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(i, s.planes * s.oh * s.ow)) return;
    const Position at = position_of(i, s.oh, s.ow);
    const Span rows = rows_of(s, at.y), columns = columns_of(s, at.x);
    const float* const plane = src + at.plane * s.h * s.w;
    float sum = 0.0F;
    for (int y = rows.begin; y < rows.end; ++y)
        for (int x = columns.begin; x < columns.end; ++x) sum += plane[y * s.w + x];
    dst[i] = sum / divisor_of(s, rows, columns);
}

/// Windows [begin, end) that cover a cell, which lies `offset` cells past the beginning of window 0.
struct Covering {
    int offset, begin, end;
};

__device__ Covering covering(int cell, int kernel, int stride, int pad, int windows) {
    const int offset = cell + pad;
    return {offset, offset < kernel ? 0 : (offset - kernel) / stride + 1,
            std::min(offset / stride + 1, windows)};
}

template <class Place>
__global__ void max_backward_kernel(PoolShape s, const float* diff_dst, const Place* places,
                                    float* diff_src) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(i, s.planes * s.h * s.w)) return;
    const Position at = position_of(i, s.h, s.w);
    const Covering down = covering(at.y, s.kh, s.stride_h, s.pad_h, s.oh);
    const Covering across = covering(at.x, s.kw, s.stride_w, s.pad_w, s.ow);
    float sum = 0.0F;
    for (int y = down.begin; y < down.end; ++y)
        for (int x = across.begin; x < across.end; ++x) {
            const int output = (at.plane * s.oh + y) * s.ow + x;
            const int here = (down.offset - y * s.stride_h) * s.kw + across.offset - x * s.stride_w;
            if (static_cast<int>(places[output]) == here) sum += diff_dst[output];
        }
    diff_src[i] = sum;
}

__global__ void average_backward_kernel(PoolShape s, const float* diff_dst, float* diff_src) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(i, s.planes * s.h * s.w)) return;
    const Position at = position_of(i, s.h, s.w);
    const Covering down = covering(at.y, s.kh, s.stride_h, s.pad_h, s.oh);
    const Covering across = covering(at.x, s.kw, s.stride_w, s.pad_w, s.ow);
    float sum = 0.0F;
    for (int y = down.begin; y < down.end; ++y)
        for (int x = across.begin; x < across.end; ++x)
            sum +=
                diff_dst[(at.plane * s.oh + y) * s.ow + x] / divisor_of(s, rows_of(s, y), columns_of(s, x));
    diff_src[i] = sum;
}

}  // namespace

void pool_forward(const PoolShape& s, const float* src, float* dst, void* places, const Queue& queue) {
    const std::size_t blocks = blocks_for(s.planes * s.oh * s.ow, block);
    if (s.mode != PoolShape::Mode::maximum)
        launch({"average_forward", blocks, block}, queue, average_forward_kernel, s, src, dst);
    else if (pool_places_fit_bytes(s.kh, s.kw))
        launch({"max_forward<u8>", blocks, block}, queue, max_forward_kernel<std::uint8_t>, s, src, dst,
               static_cast<std::uint8_t*>(places));
    else
        launch({"max_forward<i32>", blocks, block}, queue, max_forward_kernel<std::int32_t>, s, src, dst,
               static_cast<std::int32_t*>(places));
}

void pool_backward(const PoolShape& s, const float* diff_dst, const void* places, float* diff_src,
                   const Queue& queue) {
    const std::size_t blocks = blocks_for(s.planes * s.h * s.w, block);
    if (s.mode != PoolShape::Mode::maximum)
        launch({"average_backward", blocks, block}, queue, average_backward_kernel, s, diff_dst, diff_src);
    else if (pool_places_fit_bytes(s.kh, s.kw))
        launch({"max_backward<u8>", blocks, block}, queue, max_backward_kernel<std::uint8_t>, s, diff_dst,
               static_cast<const std::uint8_t*>(places), diff_src);
    else
        launch({"max_backward<i32>", blocks, block}, queue, max_backward_kernel<std::int32_t>, s, diff_dst,
               static_cast<const std::int32_t*>(places), diff_src);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
