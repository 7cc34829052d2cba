// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Ids as numbers, and the files of a folder by id.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "apps/dataset/external_sort.h"
#include "apps/dataset/scratch_file.h"

namespace emulsion::apps {

/// An id in 64 bits. A whole number below 2^63 without leading zeros is itself, so that order is that of the
/// numbers; any other text is a hash with the highest bit set: among ten million such ids two different ones
/// meet with a chance of 5 in a million.
std::uint64_t id_key(std::string_view id);
/// The id, if the key alone tells it.
std::optional<std::string> id_of_key(std::uint64_t key);

/// Names of many files on the disk, told apart by where they stand.
class NameStore {
   public:
    explicit NameStore(const std::string& folder) : file_(folder) {}

    std::uint64_t add(std::string_view name);
    void flush() { file_.flush(); }
    std::string at(std::uint64_t place) const;  ///< after flush()

   private:
    ScratchFile file_;
};

/// A photo's file: the key of its name without extension, and where in a NameStore its path stands.
struct FoundFile {
    std::uint64_t key, name;
};
struct FoundFileLess {
    bool operator()(const FoundFile& a, const FoundFile& b) const {
        return a.key != b.key ? a.key < b.key : a.name < b.name;
    }
};
using FoundFiles = ExternalSort<FoundFile, FoundFileLess>;

/// Every photo below `folder`, by extension; paths are relative to it. Hidden files and folders are passed
/// over, links to folders are not followed. Error(data) if a folder cannot be read.
void find_photos(const std::string& folder, NameStore& names, FoundFiles& files,
                 const std::function<void(std::uint64_t found)>& progress);

}  // namespace emulsion::apps
