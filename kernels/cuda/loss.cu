// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Softmax with cross-entropy over rows. A row's loss is log-sum-exp(src) - src[label], taken from the logits
// and not from the probability, which may have underflowed; the loss is the mean over the rows whose label is
// not -1. Backward: diff_src = scale * (dst - onehot(label)) / rows counted; a row left out gets zeros.
//
// Forward: a warp takes a row, as for softmax (softmax_row.cuh); the lane to which the row's label falls
// writes its loss. Then one warp adds the losses: every lane those of every 32nd row, in order, and a tree of
// shuffles the lanes' sums, so the order depends on the number of rows alone. Losses of rows left out are
// neither written nor read. Backward: a warp takes a row; it first counts the labels itself, which is cheap
// (a label a lane for 32 rows) and saves a launch. Cost: as softmax forward, and a log a row; backward 8
// bytes and a multiplication an element.
//
// NVIDIA states at most 2 ulp for expf and 1 for logf, glibc keeps within 1 for both; so card and emulator
// may differ by some ulp.
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/softmax_row.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

constexpr std::int32_t left_out = -1;

__global__ void loss_rows_kernel(const float* src, const std::int32_t* labels, float* dst, float* row_losses,
                                 int rows, int channels) {
    const int row = static_cast<int>(blockIdx.x * blockDim.y + threadIdx.y);
    if (!in_bounds(row, rows)) return;
    const int lane = static_cast<int>(threadIdx.x), label = labels[row];
    const bool is_mine = label % static_cast<int>(warp_size) == lane;   // nobody's where it is -1
    const float chosen = is_mine ? src[row * channels + label] : 0.0F;  // before dst overwrites it
    const RowSum left = softmax_row(src + row * channels, dst + row * channels, channels, lane);
    if (is_mine) row_losses[row] = left.largest - chosen + logf(left.sum);
}

__global__ void loss_mean_kernel(const std::int32_t* labels, const float* row_losses, float* loss, int rows) {
    float sum = 0.0F;
    int counted = 0;
    for (int row = static_cast<int>(threadIdx.x); row < rows; row += static_cast<int>(warp_size)) {
        if (labels[row] == left_out) continue;
        sum += row_losses[row];
        ++counted;
    }
    sum = warp_sum(sum);
    counted = warp_sum(counted);
    if (threadIdx.x == 0) *loss = counted > 0 ? sum / static_cast<float>(counted) : 0.0F;
}

__global__ void loss_backward_kernel(const float* dst, const std::int32_t* labels, float* diff_src,
                                     float scale, int rows, int channels) {
    const int row = static_cast<int>(blockIdx.x * blockDim.y + threadIdx.y);
    if (!in_bounds(row, rows)) return;
    const int lane = static_cast<int>(threadIdx.x), label = labels[row];
    int counted = 0;
    for (int i = lane; i < rows; i += static_cast<int>(warp_size)) counted += labels[i] == left_out ? 0 : 1;
    counted = warp_sum(counted);
    const float factor = scale / static_cast<float>(counted);
    for (int i = lane; i < channels; i += static_cast<int>(warp_size)) {
        const float probability = dst[row * channels + i];
        diff_src[row * channels + i] =
            label == left_out ? 0.0F : factor * (i == label ? probability - 1.0F : probability);
    }
}

}  // namespace

void loss_forward(const float* src, const std::int32_t* labels, float* dst, float* loss, float* row_losses,
                  int rows, int channels, const Queue& queue) {
    launch({"loss_rows", row_blocks(rows), row_block()}, queue, loss_rows_kernel, src, labels, dst,
           row_losses, rows, channels);
    launch({"loss_mean", 1, warp_size}, queue, loss_mean_kernel, labels, row_losses, loss, rows);
}

void loss_backward(const float* dst, const std::int32_t* labels, float* diff_src, float scale, int rows,
                   int channels, const Queue& queue) {
    launch({"loss_backward", row_blocks(rows), row_block()}, queue, loss_backward_kernel, dst, labels,
           diff_src, scale, rows, channels);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
