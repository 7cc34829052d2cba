// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/photo_names.h"

#include <emulsion/error.h>
#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <vector>

#include "data/files.h"
#include "data/list.h"

namespace emulsion::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t text_bit = std::uint64_t{1} << 63;

bool is_plain_number(std::string_view id) {
    constexpr std::size_t most_digits = 18;  // below 2^63
    const bool digits = std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits && !id.empty() && id.size() <= most_digits && (id[0] != '0' || id.size() == 1);
}

}  // namespace

std::uint64_t id_key(std::string_view id) {
    if (is_plain_number(id)) {
        std::uint64_t number = 0;
        std::from_chars(id.data(), id.data() + id.size(), number);
        return number;
    }
    std::uint64_t hash = 14695981039346656037U;  // FNV-1a, and the finish of MurmurHash3 to spread it
    for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    hash = (hash ^ hash >> 33) * 0xFF51AFD7ED558CCDU;
    hash = (hash ^ hash >> 33) * 0xC4CEB9FE1A85EC53U;
    return (hash ^ hash >> 33) | text_bit;
}

std::optional<std::string> id_of_key(std::uint64_t key) {
    if ((key & text_bit) != 0) return std::nullopt;
    return std::to_string(key);
}

std::uint64_t NameStore::add(std::string_view name) {
    const auto size = static_cast<std::uint32_t>(name.size());
    const std::uint64_t at = file_.append(std::as_bytes(std::span(&size, 1)));
    file_.append(std::as_bytes(std::span(name)));
    return at;
}

std::string NameStore::at(std::uint64_t place) const {
    std::uint32_t size = 0;
    file_.read(place, std::as_writable_bytes(std::span(&size, 1)));
    std::string name(size, '\0');
    file_.read(place + sizeof size, std::as_writable_bytes(std::span(name)));
    return name;
}

void find_photos(const std::string& folder, NameStore& names, FoundFiles& files,
                 const std::function<void(std::uint64_t found)>& progress) {
    const auto unreadable = [](const std::string& path, const std::error_code& code) {
        throw Error(Error::Kind::data, one_line(path + ": " + code.message()));
    };
    // Folders that are still to be read, so that only one is open at a time.
    std::vector<fs::path> waiting{folder};
    while (!waiting.empty()) {
        const fs::path here = std::move(waiting.back());
        waiting.pop_back();
        std::error_code code;
        fs::directory_iterator entry(here, code);
        if (code) unreadable(here.string(), code);
        for (; entry != fs::directory_iterator(); entry.increment(code)) {
            if (code) unreadable(here.string(), code);
            const fs::path& path = entry->path();
            const std::string name = path.filename().string();
            if (name.starts_with('.') || one_line(name) != name) continue;  // a list has a line each
            std::error_code ignored;
            if (entry->is_directory(ignored) && !entry->is_symlink(ignored)) {
                waiting.push_back(path);
            } else if (has_photo_extension(path.string()) && entry->is_regular_file(ignored)) {
                files.add(
                    {id_key(path.stem().string()), names.add(path.lexically_relative(folder).string())});
                if (files.size() % 1024 == 0) progress(files.size());
            }
        }
    }
    names.flush();
}

}  // namespace emulsion::apps
