// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// RGB to sRGB for profiles that are three curves and a matrix: those of all cameras and screens. Light
// adds up, so the linear sRGB of a colour is the sum of what its red, green and blue give alone.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace emulsion {

class LightTables {
   public:
    /// Turns colours of the profile (0 to 1, interleaved RGB) into linear sRGB, in place; values outside
    /// 0 to 1 stay so.
    using ToLinear = std::function<void(std::span<float>)>;
    explicit LightTables(const ToLinear& to_linear);

    /// Converts 8-bit pixels in place; the first three of `step` samples each are R, G and B.
    void convert(std::span<std::uint8_t> samples, std::size_t step) const;

   private:
    /// R, G, B and nothing, scaled to the places of `encoded_`.
    using Light = float __attribute__((vector_size(16)));
    static constexpr int levels = 1 << 14;

    Light light_[3][256] = {};           ///< of each value of each channel
    std::vector<std::uint8_t> encoded_;  ///< linear light to an sRGB value
};

}  // namespace emulsion
