// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Whole files in and out, and their names in messages.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace emulsion {

/// The text with control characters replaced: a file's name may hold a line end, a message must not.
std::string one_line(std::string text);

/// The bytes of a regular file. Throws Error(data) in one line if it is absent, unreadable, a
/// directory or device, empty, or larger than `most_bytes`; Error(failure) if the machine is short of
/// memory or file handles, which says nothing about the file.
std::vector<std::byte> read_file(const std::string& path, std::size_t most_bytes);
/// The same into memory that may be an earlier file's, and grows where it is too small.
std::span<const std::byte> read_file(const std::string& path, std::size_t most_bytes,
                                     std::vector<std::byte>& memory);

/// Replaces a file whole: at every moment it is the old one or the new one. Throws Error(failure).
void write_file(const std::string& path, std::span<const std::byte> bytes);

}  // namespace emulsion
