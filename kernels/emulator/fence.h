// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Bytes that nobody may write, and whose value is NaN as f32, bf16 and f64, so that reading them shows too.
#pragma once

#include <cstddef>
#include <cstdint>

namespace emulsion::kernels::emulated {

inline std::byte fence_byte(const std::byte* at) {
    return reinterpret_cast<std::uintptr_t>(at) % 2 == 0 ? std::byte{0xC3} : std::byte{0xFF};
}
inline void raise_fence(std::byte* from, const std::byte* to) {
    for (std::byte* at = from; at != to; ++at) *at = fence_byte(at);
}
inline bool fence_stands(const std::byte* from, const std::byte* to) {
    for (const std::byte* at = from; at != to; ++at)
        if (*at != fence_byte(at)) return false;
    return true;
}

}  // namespace emulsion::kernels::emulated
