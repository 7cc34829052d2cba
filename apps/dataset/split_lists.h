// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The list files of a split.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/dataset/problems.h"
#include "apps/dataset/split.h"

namespace emulsion::apps {

/// train, val and test, each as .txt and .csv, below a folder; or of folds fold-N/train and fold-N/test: a
/// photo is tested on in its own fold and learnt from in all others. Paths are relative to the list's folder.
class SplitLists {
   public:
    /// Makes the folders of folds. `columns` are the header of the .csv files behind path and label.
    SplitLists(const std::string& folder, const Parts& parts, bool folds, std::string_view columns);

    /// The paths of all files, before there are any.
    static std::vector<std::string> names(const std::string& folder, const Parts& parts, bool folds);

    /// `photo` is relative to the folder; `cells` what stands in the columns.
    void add(std::size_t part, const std::filesystem::path& photo, bool good, std::string_view cells);

    /// The list of what is tested on or, without folds, of a part.
    const Lines& part(std::size_t p) const { return tests_[p]->text; }
    /// To flush and to commit.
    const std::vector<Lines*>& files() const { return all_; }

   private:
    struct List {
        explicit List(const std::string& base) : text(base + ".txt"), table(base + ".csv") {}
        Lines text, table;
    };
    std::unique_ptr<List> new_list(const std::string& base, std::string_view columns);
    static void add_line(List& list, const std::string& photo, bool good, std::string_view cells);

    bool folds_;
    std::vector<std::unique_ptr<List>> tests_, trains_;  ///< of folds; else `tests_` are the parts
    std::vector<Lines*> all_;
};

}  // namespace emulsion::apps
