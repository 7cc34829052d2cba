// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What libraries leave to be done after a product: values[n][c][p] += bias[c], and ReLU, in place. Sums are
// of f32; a bf16 is rounded once, at its end.
//
// Layout: NCHW or NHWC. Arrays are taken as flat: `inner` neighbours have one channel (the pixels of NCHW; 1
// in NHWC), and the next have the next. A thread takes four numbers, 16 bytes of f32 in one access, and
// divides once to find the first one's channel. Cost: 1 read and 1 write a number. Memory sets the floor:
// 8 bytes a number of f32, 4 of bf16.
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/number.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

constexpr int block = 256;

template <class T>
__device__ void finish(const float* bias, int channel, bool relu, T& value) {
    float x;
    convert(value, x);
    if (bias != nullptr) x += bias[channel];
    convert(relu && x < 0.0F ? 0.0F : x, value);  // not less, a NaN stays
}

template <class T>
__global__ void add_bias_kernel(int c, int inner, int count, const float* bias, bool relu, T* values) {
    const int first = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x) * quad;
    int channel = first / inner % c, place = first % inner;
    const auto step = [&] {
        if (++place < inner) return;
        place = 0;
        channel = channel + 1 == c ? 0 : channel + 1;
    };
    if (in_bounds(first + quad - 1, count)) {
        Quad<T> four = *reinterpret_cast<const Quad<T>*>(values + first);
        EMULSION_UNROLL
        for (int k = 0; k < quad; ++k) {
            finish(bias, channel, relu, four.at[k]);
            step();
        }
        *reinterpret_cast<Quad<T>*>(values + first) = four;
        return;
    }
    for (int i = first; i < first + quad; ++i) {
        if (in_bounds(i, count)) finish(bias, channel, relu, values[i]);
        step();
    }
}

template <class T>
void add_bias_as(int c, int inner, int count, const float* bias, bool relu, void* values,
                 const Queue& queue) {
    launch({"add_bias", blocks_for(count, block * quad), block}, queue, add_bias_kernel<T>, c, inner, count,
           bias, relu, static_cast<T*>(values));
}

}  // namespace

void add_bias(int n, int c, int pixels, Arrangement as, const float* bias, bool relu, void* values,
              const Queue& queue) {
    const auto launch_as = as.bf16 ? add_bias_as<Bf16> : add_bias_as<float>;
    launch_as(c, as.nhwc ? 1 : pixels, n * c * pixels, bias, relu, values, queue);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
