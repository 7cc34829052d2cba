// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Bytes as text, for data: URIs in self-contained pages.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace emulsion {

/// Base64 of RFC 4648, with padding.
std::string base64(std::span<const std::byte> bytes);

/// "data:image/jpeg;base64,..." for a media type and its bytes.
std::string data_uri(const std::string& media_type, std::span<const std::byte> bytes);

}  // namespace emulsion
