// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/products.h"

#include <algorithm>
#include <cstring>

namespace emulsion::baseline {
namespace {

/// Of a tile: large enough to reach a core's peak, small enough that both sides stay in the last cache.
constexpr std::int64_t tile_left = 256, tile_right = 1024;

constexpr std::size_t bytes_of(std::int64_t floats) {
    return static_cast<std::size_t>(floats) * sizeof(float);
}

std::unique_ptr<kernels::Plan> make_plan(const kernels::Operation& operation, const Device& device,
                                         int threads) {
    kernels::Limits limits;
    limits.threads = threads;
    limits.batch_invariant = true;
    for (const kernels::Implementation& entry : kernels::implementations(operation.kind))
        if (entry.device == device.id().kind && entry.supports(operation, limits))
            return entry.plan(operation, limits);
    throw Error(Error::Kind::device,
                device.description() + " has no batch-invariant way for " + kernels::describe(operation));
}

}  // namespace

Products::Products(Rows right, const DeviceId& device, int threads)
    : right_(right), device_(open_device(device, threads)), threads_(threads) {
    if (device_->reads_host_memory()) return;
    right_copy_ = device_->allocate(bytes_of(right.count * right.depth));
    device_->copy_in(right_copy_->data, right.values, right_copy_->bytes);
    left_copy_ = device_->allocate(bytes_of(tile_left * right.depth));
}

Products::~Products() = default;

void Products::multiply(Rows left, std::int64_t first, std::int64_t count, float* out,
                        std::int64_t out_stride) {
    for (std::int64_t row = 0; row < left.count; row += tile_left) {
        const std::int64_t rows = std::min(tile_left, left.count - row);
        for (std::int64_t column = 0; column < count; column += tile_right) {
            const std::int64_t columns = std::min(tile_right, count - column);
            run(step(rows, columns), left.row(row), first + column);
            for (std::int64_t i = 0; i < rows; ++i)
                std::memcpy(out + (row + i) * out_stride + column, tile_.get() + i * columns,
                            bytes_of(columns));
        }
    }
}

const Products::Step& Products::step(std::int64_t left_rows, std::int64_t right_rows) {
    Step& made = steps_[{left_rows, right_rows}];
    if (made.plan) return made;
    const kernels::Operation operation{
        kernels::OpKind::fc_forward,
        kernels::FullyConnected{{left_rows, right_.depth, 1, 1}, right_rows, false, false}};
    made.plan = make_plan(operation, *device_, threads_);
    made.workspace = device_->allocate(std::max<std::size_t>(made.plan->workspace_bytes(), 1));
    if (made.plan->packed().bytes != 0) made.packed = device_->allocate(made.plan->packed().bytes);
    if (!tile_) {
        tile_ = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(tile_left * tile_right));
        if (!device_->reads_host_memory()) result_ = device_->allocate(bytes_of(tile_left * tile_right));
    }
    return made;
}

void Products::run(const Step& step, const float* left, std::int64_t first) {
    using kernels::Operand;
    const bool here = device_->reads_host_memory();
    const auto* const right = here ? right_.values : static_cast<const float*>(right_copy_->data);
    const float* weights = right + first * right_.depth;
    if (!here) device_->copy_in(left_copy_->data, left, step.plan->layout(Operand::src).bytes);
    kernels::Arguments arguments;
    arguments.set(Operand::src, here ? left : left_copy_->data);
    arguments.set(Operand::weights, step.packed ? step.packed->data : weights);
    arguments.set(Operand::dst, here ? tile_.get() : result_->data);
    device_->run_once([&] {
        if (step.packed) step.plan->pack(weights, step.packed->data, step.workspace->data, device_->stream());
        step.plan->run(arguments, step.workspace->data, device_->stream());
    });
    if (here)
        device_->synchronise();
    else
        device_->copy_out(tile_.get(), result_->data, step.plan->layout(Operand::dst).bytes);
}

}  // namespace emulsion::baseline
