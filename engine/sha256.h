// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// SHA-256 (FIPS 180-4), by which a model says from which files it came.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace emulsion {

/// 64 hexadecimal digits, as sha256sum prints them.
std::string sha256(std::span<const std::byte> bytes);

}  // namespace emulsion
