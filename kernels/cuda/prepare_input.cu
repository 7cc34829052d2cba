// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Photos to a net's input: dst[n][c][y][x] = (photo - mean) * scale, with cropping, mirroring and the order
// of channels, in one pass. The mean is one number a channel, or the mean image's cell at the photo's own
// place.
//
// Layout: photos are bytes, RGB interleaved; dst is three planes. A thread takes a pixel of the result and
// all three of its channels, so a warp reads 96 bytes in a row, forwards or mirrored, and writes a whole line
// in each plane. Cost: 3 bytes in and 12 out a pixel (and 12 of the mean image, which stays in the cache), 6
// operations. Memory sets the floor.
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/portable.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

constexpr int block = 256, channels = 3;

__global__ void prepare_input_kernel(InputShape s, const std::uint8_t* photos, const std::int32_t* crops,
                                     const float* mean_image, float* dst) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(i, s.n * s.h * s.w)) return;
    const int x = i % s.w, y = i / s.w % s.h, n = i / (s.h * s.w);
    const int top = crops[n * 3], left = crops[n * 3 + 1];
    const bool mirrored = crops[n * 3 + 2] != 0;
    const int line = top + y, column = left + (mirrored ? s.w - 1 - x : x);
    const std::uint8_t* const pixel = photos + ((n * s.photo_h + line) * s.photo_w + column) * channels;
    EMULSION_UNROLL
    for (int c = 0; c < channels; ++c) {
        const float mean =
            mean_image != nullptr ? mean_image[(c * s.photo_h + line) * s.photo_w + column] : s.mean[c];
        const auto value = static_cast<float>(pixel[s.bgr ? channels - 1 - c : c]);
        dst[((n * channels + c) * s.h + y) * s.w + x] = (value - mean) * s.scale[c];
    }
}

}  // namespace

void prepare_input(const InputShape& s, const std::uint8_t* photos, const std::int32_t* crops,
                   const float* mean_image, float* dst, const Queue& queue) {
    launch({"prepare_input", blocks_for(s.n * s.h * s.w, block), block}, queue, prepare_input_kernel, s,
           photos, crops, mean_image, dst);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
