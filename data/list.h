// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Which photos, and what class each is of: list files, Caffe's databases, folders.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace emulsion {

inline constexpr std::int32_t no_label = -1;  ///< loss and accuracy leave such a photo out

class Lmdb;

struct Sample {
    std::string path;
    std::int32_t label = no_label;
    std::shared_ptr<const Lmdb> database{};  ///< where the photo lies, if `path` is no file
    std::size_t record = 0;                  ///< of the database

    bool operator==(const Sample&) const = default;
};

/// A text file of lines "path label", as Caffe's ImageData layer reads them: the label is the last
/// word, so a path may contain spaces; a relative path starts at the list's own folder. Blank lines,
/// Windows line ends, a byte-order mark and a missing last line end are fine. Throws Error(data):
/// "file:line: what is wrong", or that the list is empty.
///
/// A folder that holds data.mdb is read as one of Caffe's LMDBs (data/datum.h): its records in the order of
/// their keys, with the labels that they state; their paths are "FOLDER/KEY", for people.
std::vector<Sample> read_list(const std::string& path);
/// The same, with the photos' paths below another folder than the list's; "" is the working directory.
std::vector<Sample> read_list(const std::string& path, const std::string& folder);

/// Hears of a folder that cannot be read: its path, and "path: why".
using UnreadableFolder = std::function<void(const std::string& path, const std::string& message)>;

/// Every photo below a folder, by extension, without labels, in the order of their paths' bytes.
/// Hidden files and folders are passed over; links are followed, but no folder is visited twice.
/// Throws Error(data) if there is no photo or a folder cannot be read; a folder below the first is told to
/// `unreadable` instead, if given, and the walk goes on.
std::vector<Sample> list_folder(const std::string& path, const UnreadableFolder& unreadable = {});

/// Whether a file's name ends as those of photos do that can be read.
bool has_photo_extension(const std::string& path);

/// The greatest label, or no_label: what a net's number of outputs must exceed.
std::int32_t max_label(const std::vector<Sample>& samples);

}  // namespace emulsion
