// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// From a metadata file to the best and the worst of its photos.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/dataset/metadata_file.h"
#include "apps/dataset/photo_names.h"
#include "apps/dataset/problems.h"
#include "apps/dataset/score.h"
#include "apps/dataset/work.h"

namespace emulsion::apps {

struct RankingSettings {
    std::string metadata;
    std::string photos;   ///< folder; empty: nobody looks whether photos are there
    std::string scratch;  ///< folder for work in progress
    Score score{"log-views"};
    std::optional<std::int64_t> as_of;         ///< Unix seconds; else the newest upload time in the file
    double top = 20, bottom = 20;              ///< percent
    double least_width = 0, least_height = 0;  ///< of the metadata; 0: any
};

/// A photo that was chosen. `line` is its place in the metadata file, `name` in the store of names.
struct Ranked {
    static constexpr std::uint64_t no_name = ~std::uint64_t{0};
    double score;
    std::uint64_t id, line, name;
};

/// How many photos have which score: `counts` share [low, high] in equal parts.
struct Histogram {
    double low = 0, high = 0;
    std::vector<std::uint64_t> counts;
};

/// Sorts all photos that can be had by score, the best first, those of equal score by id (numbers before
/// other ids), and keeps the top and the bottom percent, rounded down. Of lines with one id the one with the
/// highest score counts. So the order of the lines has no say in the result.
///
/// Time grows as that of sorting, linear to the eye. Memory stays below 128 MiB for any number of lines: 32
/// MiB in each of three sorts, a block a file. The rest lies in `scratch`, 64 bytes a line and 40 a photo.
class Ranking {
   public:
    Ranking(RankingSettings settings, Problems& problems, Work& work);

    std::uint64_t lines() const { return lines_; }      ///< that were well-formed
    std::uint64_t too_small() const { return small_; }  ///< fell to the least width and height
    std::uint64_t ranked() const { return ranked_; }    ///< photos in the order
    std::optional<std::int64_t> as_of() const { return as_of_; }
    const Histogram& histogram() const { return histogram_; }

    /// The chosen: the good from the best down, then as many bad from the worst up.
    const RecordFile<Ranked>& chosen() const { return chosen_; }
    std::size_t good() const { return good_; }
    std::size_t bad() const { return chosen_.size() - good_; }
    /// The scores at which the good end and the bad end.
    double good_end() const { return good_end_; }
    double bad_end() const { return bad_end_; }

    struct Photo {
        std::string id, path, owner;  ///< path: below the folder of photos
    };
    /// Any number of threads at once.
    Photo photo(const Ranked& ranked, bool with_owner) const;
    bool has_owners() const { return file_.has(Field::owner); }

   private:
    struct Entry {
        double measure, uploaded;
        std::uint64_t id, line;
    };
    struct ById {
        bool operator()(const Entry& a, const Entry& b) const {
            return a.id != b.id ? a.id < b.id : a.line < b.line;
        }
    };
    struct ByScore {
        bool operator()(const Ranked& a, const Ranked& b) const {
            return a.score != b.score ? a.score > b.score : a.id < b.id;
        }
    };
    class Files;
    using Entries = ExternalSort<Entry, ById>;
    using Order = ExternalSort<Ranked, ByScore>;

    void read_lines(Entries& entries);
    std::int64_t believed_date(double newest, const std::string& id) const;
    void rank(Entries& entries, Order& order);
    void take(Ranked photo, Files* files, Order& order);
    void choose(Order& order);
    std::string id_text(std::uint64_t id, std::uint64_t line) const;

    const RankingSettings settings_;
    Problems& problems_;
    Work& work_;
    MetadataFile file_;
    NameStore names_;
    std::uint64_t lines_ = 0, small_ = 0, ranked_ = 0;
    std::optional<std::int64_t> as_of_;
    Histogram histogram_;
    RecordFile<Ranked> chosen_;
    std::size_t good_ = 0;
    double good_end_ = 0, bad_end_ = 0;
};

}  // namespace emulsion::apps
