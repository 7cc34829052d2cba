// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Files that the build has put into the binary: the page, the model that comes with it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace emulsion::serve {

struct EmbeddedFile {
    std::string_view name;  ///< "index.html"
    std::span<const std::byte> bytes;
    std::string_view sha256;

    std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

/// All files of apps/web; the build writes this table.
std::span<const EmbeddedFile> web_files();
/// The same of apps/serve/built_in.
std::span<const EmbeddedFile> built_in_files();

/// One of them, which must be there.
const EmbeddedFile& built_in_file(std::string_view name);

/// The file of the page at "/NAME", at "/" index.html; null if there is none.
const EmbeddedFile* find_asset(std::string_view path);

/// By the name's ending: "text/css; charset=utf-8".
std::string content_type(std::string_view name);

}  // namespace emulsion::serve
