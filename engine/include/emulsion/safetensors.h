// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The native model file: safetensors (an 8-byte little-endian length, a JSON header, then the tensors),
// opened by mapping, so that a model of any size is there at once and is shared between processes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace emulsion {

/// One tensor of a file. `data` points into the file, mapped or in memory, and lives as long as it.
struct FileTensor {
    std::string name, type;  ///< type as safetensors writes it: "F32", "I64", "F64", ...
    std::vector<std::int64_t> shape;
    std::span<const std::byte> data;
};

class SafetensorsFile {
   public:
    /// Maps and checks a file: every offset in bounds, tensors neither overlapping nor with holes,
    /// sizes agreeing with shapes, header at most 100 MB and not deeply nested. Throws Error(data).
    static std::shared_ptr<const SafetensorsFile> open(const std::string& path);
    /// The same of a file that lies in memory, which must outlive it; `name` stands for the path.
    static std::shared_ptr<const SafetensorsFile> view(std::span<const std::byte> bytes,
                                                       const std::string& name);
    virtual ~SafetensorsFile() = default;

    const std::string& path() const { return path_; }
    const std::map<std::string, std::string>& metadata() const { return metadata_; }
    const std::vector<FileTensor>& tensors() const { return tensors_; }
    const FileTensor* find(const std::string& name) const;  ///< null if there is none

   protected:
    std::string path_;
    std::map<std::string, std::string> metadata_;
    std::vector<FileTensor> tensors_;
};

/// Writes a safetensors file beside `path`, flushes it to the disk and renames it into place: at every
/// moment there is the old file or the new one, whole. The header is padded and tensors are ordered so
/// that each whose size is a multiple of 64 starts on 64 bytes in the mapping. Throws Error(failure)
/// (disk full, no such folder), leaving nothing behind.
void write_safetensors(const std::string& path, const std::map<std::string, std::string>& metadata,
                       const std::vector<FileTensor>& tensors);

}  // namespace emulsion
