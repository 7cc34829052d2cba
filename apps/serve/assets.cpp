// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/assets.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace emulsion::serve {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> types = {{
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".ico", "image/x-icon"},
}};

}  // namespace

const EmbeddedFile* find_asset(std::string_view path) {
    if (!path.starts_with('/')) return nullptr;
    const std::string_view name = path == "/" ? "index.html" : path.substr(1);
    const auto files = web_files();
    const auto found = std::ranges::find(files, name, &EmbeddedFile::name);
    return found == files.end() ? nullptr : &*found;
}

const EmbeddedFile& built_in_file(std::string_view name) {
    const auto files = built_in_files();
    const auto found = std::ranges::find(files, name, &EmbeddedFile::name);
    if (found == files.end()) throw std::logic_error("not built in: " + std::string(name));
    return *found;
}

std::string content_type(std::string_view name) {
    const auto found =
        std::ranges::find_if(types, [&](const auto& type) { return name.ends_with(type.first); });
    return std::string(found == types.end() ? "application/octet-stream" : found->second);
}

}  // namespace emulsion::serve
