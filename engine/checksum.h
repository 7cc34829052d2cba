// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A checksum at the speed of memory, so that a model of any size is checked whenever it is opened. It finds
// damage, not forgery.
#pragma once

#include <emulsion/safetensors.h>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace emulsion {

/// Takes bytes piece by piece; where the pieces are cut makes a difference. Every step is a bijection of its
/// lane's state, so that a change within one word (the first eight bytes of a piece, the next eight, ...)
/// always changes the result, and any other change but for a chance of some 2^-64.
class Checksum {
   public:
    void add(std::span<const std::byte> bytes);
    void add(const std::string& text) { add(std::as_bytes(std::span(text))); }
    /// 16 hexadecimal digits.
    std::string text() const;

   private:
    std::array<std::uint64_t, 4> lanes_{0x243F6A8885A308D3U, 0x13198A2E03707344U, 0xA4093822299F31D0U,
                                        0x082EFA98EC4E6C89U};  ///< digits of pi
};

inline constexpr const char* checksum_key = "emulsion.checksum";

/// Of a file's metadata, but for the checksum's own, and of its tensors in whatever order.
std::string checksum_of(const std::map<std::string, std::string>& metadata, std::vector<FileTensor> tensors);
/// False if the file states no checksum. Error(data) if it does not fit.
bool verify_checksum(const SafetensorsFile&);

}  // namespace emulsion
