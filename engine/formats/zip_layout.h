// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The numbers of the ZIP format (PKWARE's APPNOTE 6.3): what its reader and its writer must agree on.
//
//   local header, name, extra, data [, descriptor]   once an entry
//   directory header, name, extra, comment           once an entry
//   [ZIP64 end, ZIP64 locator,] end                  once
#pragma once

#include <cstddef>
#include <cstdint>

namespace emulsion::formats::zip {

inline constexpr std::uint32_t local_signature = 0x04034B50, directory_signature = 0x02014B50,
                               descriptor_signature = 0x08074B50, end_signature = 0x06054B50,
                               end64_signature = 0x06064B50, locator_signature = 0x07064B50;
inline constexpr std::size_t end_bytes = 22, end64_bytes = 56, locator_bytes = 20;

/// In place of a number that does not fit: it stands in a ZIP64 record instead.
inline constexpr std::uint32_t elsewhere = 0xFFFFFFFF;
inline constexpr std::uint16_t elsewhere16 = 0xFFFF;

inline constexpr std::uint16_t zip64_extra = 0x0001;
inline constexpr std::uint16_t padding_extra = 0x4246;  ///< torch's own: "FB"

inline constexpr std::uint16_t encrypted_flags = 1U | 1U << 6 | 1U << 13;
inline constexpr std::uint16_t descriptor_flag = 1U << 3;  ///< CRC and sizes follow the data
inline constexpr std::uint16_t utf8_flag = 1U << 11;
inline constexpr std::uint16_t method_stored = 0;

}  // namespace emulsion::formats::zip
