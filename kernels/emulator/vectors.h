// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// CUDA's vector types, with CUDA's alignment: a float4 that does not lie at a multiple of 16 is a fault on a
// GPU, and UBSan sees it here.
#pragma once

namespace emulsion::kernels::emulated {

struct uint3 {
    unsigned x, y, z;
};

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned width = 1, unsigned height = 1, unsigned depth = 1)
        : x(width), y(height), z(depth) {}
};

struct alignas(16) float4 {
    float x, y, z, w;
};

constexpr float4 make_float4(float x, float y, float z, float w) {
    return {x, y, z, w};
}

}  // namespace emulsion::kernels::emulated
