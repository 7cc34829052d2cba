// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Where features go, over as many runs as it takes.
//
//   npy:    X.npy, X.labels.npy, X.photos.txt
//   csv:    X.csv, with paths and labels in it
//   libsvm: X.txt, with labels in it, and X.photos.txt
//
// Until all are whole they are called *.part. Beside them X.npy.progress says, a line a batch, how far they
// agree: a run that was killed in the middle of a line, a row or a rename goes on where all were whole.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/features/append_file.h"
#include "data/list.h"
#include "data/npy.h"

namespace emulsion::apps {

enum class FeatureFormat : std::uint8_t { npy, csv, libsvm };

class FeatureFiles {
   public:
    /// What is there in the end, the features first.
    static std::vector<std::string> names(const std::string& path, FeatureFormat);

    /// How far the files have come.
    struct Place {
        std::int64_t samples = 0, rows = 0;  ///< of the list; of those, the ones that are not broken
    };

    /// Takes up what an earlier run with the same `settings` left, or begins. Error(usage) if that run had
    /// others, or is at work still; Error(failure) if the files cannot be written. `restart` forgets what was
    /// left.
    FeatureFiles(const std::string& path, FeatureFormat format, std::int64_t columns,
                 const std::string& settings, bool restart);
    /// Leaves the part files for the next run, unless nothing is in them.
    ~FeatureFiles();
    FeatureFiles(const FeatureFiles&) = delete;
    FeatureFiles& operator=(const FeatureFiles&) = delete;

    Place place() const { return place_; }
    void append(const Sample& sample, std::span<const float> features);
    /// The samples so far are done: what was appended is a place from which another run can go on.
    void settle(std::int64_t samples);
    /// Gives all files their names.
    void commit();

   private:
    struct Mark {
        Place place;
        std::int64_t text_bytes = 0, photos_bytes = 0;
        std::int64_t end = 0;  ///< of its line
    };
    std::vector<Mark> read_marks(const std::string& settings) const;
    void open(const std::string& settings, std::int64_t columns, const std::vector<Mark>& marks);
    void keep();
    void go_back_to_last(const std::vector<Mark>& marks);
    bool reaches(const Mark& mark) const;
    void remove_parts() const;
    void remove_all() const;  ///< and what tells of their progress
    std::string part(const std::string& file) const { return file + ".part"; }

    std::string path_, labels_path_, photos_path_, progress_path_;
    FeatureFormat format_;
    Place place_;
    std::optional<NpyWriter> numbers_, labels_;
    std::optional<AppendFile> text_, photos_, progress_;
};

}  // namespace emulsion::apps
