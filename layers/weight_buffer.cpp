// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "layers/weight_buffer.h"

#include <algorithm>
#include <new>

namespace emulsion {
namespace {

constexpr std::align_val_t alignment{64};
constexpr std::size_t floats_a_line = 64 / sizeof(float);

}  // namespace

std::size_t WeightBuffer::padded(std::int64_t count) {
    return (static_cast<std::size_t>(count) + floats_a_line - 1) / floats_a_line * floats_a_line;
}

WeightBuffer::WeightBuffer(std::size_t floats)
    : block_(static_cast<float*>(::operator new(floats * sizeof(float), alignment)),
             [](float* block) { ::operator delete(block, alignment); }) {
    std::fill_n(block_.get(), floats, 0.0F);
}

std::span<float> WeightBuffer::cut(std::int64_t count) {
    const std::span<float> span(block_.get() + used_, static_cast<std::size_t>(count));
    used_ += padded(count);
    return span;
}

}  // namespace emulsion
