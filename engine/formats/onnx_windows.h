// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How many windows a convolution or a pool has along a side. ONNX pads both ends by themselves and may
// round up; Emulsion pads both alike. Where the counts agree, and the windows begin alike, so do results.
#pragma once

#include <algorithm>
#include <cstdint>

namespace emulsion::formats::onnx {

/// Of a kernel, stride or padding, as the layers have it.
inline constexpr std::int64_t most_cells = 4096;

/// One side of an image under windows. `begin` and `end` are ONNX's padding.
struct Side {
    std::int64_t in = 1, kernel = 1, stride = 1, begin = 0, end = 0;

    bool operator==(const Side&) const = default;
};

/// As ONNX counts. A last window that would begin in the padding is dropped (since opset 19 by the
/// letter, before that by ONNX Runtime and PyTorch). Less than 1 if the kernel does not fit.
inline std::int64_t onnx_windows(const Side& s, bool round_up) {
    const std::int64_t slack = s.in + s.begin + s.end - s.kernel;
    if (slack < 0 && !round_up) return 0;
    const std::int64_t steps = slack > 0 && round_up ? (slack + s.stride - 1) / s.stride : slack / s.stride;
    const bool dropped = round_up && steps * s.stride >= s.in + s.begin;
    return dropped ? steps : steps + 1;
}

/// As the layer "conv" counts, with `begin` at both ends.
inline std::int64_t conv_windows(Side s) {
    s.end = s.begin;
    return onnx_windows(s, false);
}

/// As the layer "pool" counts, with `begin` at both ends: it drops a last window in the padding always.
inline std::int64_t pool_windows(Side s, bool round_up) {
    s.end = s.begin;
    const std::int64_t count = onnx_windows(s, round_up);
    const bool dropped = count > 0 && (count - 1) * s.stride >= s.in + s.begin;
    return dropped ? count - 1 : count;
}

/// The padding at the end with which ONNX, rounding down, has `count` windows.
inline std::int64_t end_for(const Side& s, std::int64_t count) {
    return std::max<std::int64_t>(0, (count - 1) * s.stride + s.kernel - s.in - s.begin);
}

}  // namespace emulsion::formats::onnx
