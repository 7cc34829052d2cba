// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Dot products of many rows with many rows: a matrix product by the engine's fully connected layer, which is
// what a Gram matrix costs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "apps/baseline/rows.h"
#include "engine/device.h"
#include "kernels/kernels.h"

namespace emulsion::baseline {

/// Products with the rows of one matrix, on one device. A product has the same bits whatever is computed
/// beside it, and those of its mirror image: plans are batch-invariant, and a multiplication knows no order.
/// Used by one thread at a time.
class Products {
   public:
    /// On a device with memory of its own `right` is copied there once. Error(device) if the device is not
    /// there.
    Products(Rows right, const DeviceId& device, int threads);
    ~Products();
    Products(const Products&) = delete;
    Products& operator=(const Products&) = delete;

    /// out[i * out_stride + j] = left row i . right row (first + j), for j < count.
    void multiply(Rows left, std::int64_t first, std::int64_t count, float* out, std::int64_t out_stride);

   private:
    struct Step {
        std::unique_ptr<kernels::Plan> plan;
        std::shared_ptr<Memory> workspace, packed;
    };
    const Step& step(std::int64_t left_rows, std::int64_t right_rows);
    void run(const Step&, const float* left, std::int64_t first);

    Rows right_;
    std::unique_ptr<Device> device_;
    int threads_;
    std::shared_ptr<Memory> right_copy_, left_copy_;  ///< null where the device reads the host's memory
    std::shared_ptr<Memory> result_;
    std::unique_ptr<float[]> tile_;
    std::map<std::pair<std::int64_t, std::int64_t>, Step> steps_;  ///< by rows of both sides
};

}  // namespace emulsion::baseline
