// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Folders of photos for data sets, and what came of building one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/image.h"
#include "tests/apps/child.h"
#include "tests/temporary_folder.h"

namespace emulsion::test {

/// The bytes of a file.
std::string slurp(const std::string& path);
/// Every file of a data set but the cache, by name.
std::map<std::string, std::string> files_of(const std::string& folder);
/// Runs `dataset build`.
Outcome build(const std::string& metadata, const std::string& out, const std::vector<std::string>& more = {});
/// A picture that differs from another seed's, in soft shapes as photos have them.
Image picture(unsigned seed, int width = 120, int height = 80);

/// 160 photos in sub-folders, the score by id; of one picture in eight there are further ones at other places
/// of the order: the same file, smaller, strongly compressed.
class PhotoFolder {
   public:
    explicit PhotoFolder(int width = 120, int height = 80);

    static constexpr int photos = 160;
    /// Which picture photo i shows: the last twenty are earlier ones once more.
    static int original_of(int i) { return i < 140 ? i : (i - 140) * 7; }

    Outcome build(const std::string& out, std::vector<std::string> more = {}) const;
    std::string operator/(const std::string& name) const { return folder_ / name; }

    /// In how many parts the pictures that come more than once lie in two.
    int divided(const std::string& out) const;

   private:
    TemporaryFolder folder_;
};

}  // namespace emulsion::test
