// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What was found out about photos, kept in a file so that a second run need not decode them again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace emulsion::apps {

/// What tells a photo's file from an earlier one of that name.
struct FileStamp {
    std::uint64_t size = 0;
    std::int64_t modified = 0;  ///< nanoseconds
    bool operator==(const FileStamp&) const = default;
};

/// A photo that can be decoded.
struct Look {
    std::uint64_t hash = 0;     ///< perceptual_hash
    std::uint64_t content = 0;  ///< a checksum of the file
    std::uint32_t side = 0;     ///< the shorter one as it was decoded, in pixels
    bool operator==(const Look&) const = default;
};

/// A file of records that only grows. A process that is killed leaves half a record at the most, which the
/// next one drops; whatever is damaged is not believed. Takes some 80 bytes of memory a photo. One process at
/// a time.
class PhotoCache {
   public:
    /// Error(failure) if the file cannot be made or written.
    explicit PhotoCache(const std::string& path);
    ~PhotoCache();
    PhotoCache(const PhotoCache&) = delete;
    PhotoCache& operator=(const PhotoCache&) = delete;

    /// What was found out about a file with this stamp; any number of threads while nobody adds.
    std::optional<Look> find(std::string_view name, const FileStamp& stamp) const;
    void add(std::string_view name, const FileStamp& stamp, const Look& look);
    void flush();

   private:
    struct Record {
        std::uint64_t name;
        FileStamp stamp;
        Look look;
        std::uint32_t check;
    };
    static std::uint32_t check_of(const Record& record);
    void load();
    [[noreturn]] void fail() const;

    std::string path_;
    int descriptor_ = -1;
    std::unordered_map<std::uint64_t, Record> known_;
    std::vector<Record> pending_;
};

}  // namespace emulsion::apps
