// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/build.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <filesystem>
#include <memory>

#include "apps/dataset/likeness.h"
#include "apps/dataset/split_lists.h"
#include "data/files.h"
#include "data/lmdb.h"

namespace emulsion::apps {
namespace {

namespace fs = std::filesystem;

Parts parts_of(const BuildSettings& s) {
    return s.folds > 0 ? folds(s.folds) : three_parts();
}

/// What a former set left that this one does not replace: whoever found its lists beside the new ones would
/// learn from photos that those test on.
void remove_former(const BuildSettings& s) {
    std::vector<std::string> files;
    const auto add = [&](const Parts& parts, bool folds) {
        for (const std::string& file : SplitLists::names(s.out, parts, folds)) files.push_back(file);
    };
    if (s.folds > 0) add(three_parts(), false);
    Parts others;
    for (int fold = s.folds + 1; fs::exists(fmt::format("{}/fold-{}/test.txt", s.out, fold)); ++fold)
        others.names.push_back(fmt::format("fold-{}", fold));
    add(others, true);
    std::vector<std::string> folders;
    for (const std::string& name : others.names) folders.push_back(s.out + "/" + name);
    for (const std::string& name : three_parts().names) {
        const std::string database = fmt::format("{}/{}.lmdb", s.out, name);
        for (const char* file : {"/data.mdb", "/lock.mdb"}) files.push_back(database + file);
        folders.push_back(database);
    }
    std::error_code ignored;  // a folder with something else in it stays
    for (const std::string& file : files) fs::remove(file, ignored);
    for (const std::string& folder : folders) fs::remove(folder, ignored);
}

class Build {
   public:
    Build(const BuildSettings& s, Work& work)
        : s_(s), work_(work), problems_(s.out + "/problems.csv"), ranking_(s.ranking, problems_, work) {
        summary_.parts = parts_of(s);
        summary_.part_photos.resize(summary_.parts.names.size());
    }

    DatasetSummary run() {
        check_settings();
        look();
        join();
        describe();
        write_lists();
        finish();
        return std::move(summary_);
    }

   private:
    bool has_photos() const { return !s_.ranking.photos.empty(); }

    void check_settings() const {
        if (s_.grouped && s_.by_owner && !ranking_.has_owners())
            throw Error(Error::Kind::data,
                        one_line(s_.ranking.metadata + ": no column \"owner\" to group by"));
    }

    void look() {
        if (!has_photos()) return;
        const PhotoCheckSettings settings{s_.ranking.photos, s_.out + "/photos.cache", s_.least_side};
        looked_ = check_photos(ranking_, settings, problems_, work_);
    }

    Alternation alternation() const {
        return {ranking_.good(), ranking_.bad(),
                [this](std::size_t chosen) { return looked_.empty() || looked_[chosen].usable; }};
    }

    /// What belongs together, and by that the split. Where nothing can, the positions are not even listed, so
    /// that metadata alone takes no memory a photo.
    void join() {
        if (!has_photos() && !s_.grouped) return;
        Alternation order = alternation();
        for (Alternation::Place place; order.next(place);)
            order_.push_back(static_cast<std::uint32_t>(place.chosen));
        if (has_photos())
            alike_ = std::make_unique<DisjointSets>(
                join_alike(ranking_, order_, looked_, s_.near_bits, problems_));
        if (!s_.grouped) return;
        sets_ = s_.by_look ? std::make_unique<DisjointSets>(*alike_)
                           : std::make_unique<DisjointSets>(order_.size());
        if (s_.by_owner) join_owners(ranking_, order_, *sets_);
        parts_ = split_sets(order_.size(), *sets_, summary_.parts.shares, s_.seed);
    }

    std::size_t part(std::size_t position) const {
        return parts_.empty() ? std::size_t{part_by_position(position)} : parts_[position];
    }

    void describe() {
        DatasetSummary& d = summary_;
        const RankingSettings& r = s_.ranking;
        d.metadata = r.metadata;
        d.photos = r.photos;
        d.formula = r.score.formula();
        d.split =
            "Good and bad in turn, the most extreme first; by position modulo 16, 12 to train, 2 to "
            "validate, 2 "
            "to test";
        if (s_.grouped)
            d.split = fmt::format(
                "{}, so that {}{}{} stay together; seed {}",
                s_.folds > 0 ? fmt::format("{} folds of one size", s_.folds) : "12 to 2 to 2",
                s_.by_look ? "photos that look alike" : "", s_.by_look && s_.by_owner ? " or are " : "",
                s_.by_owner ? "of one owner" : "", s_.seed);
        d.as_of = ranking_.as_of();
        d.top = r.top;
        d.bottom = r.bottom;
        d.good_end = ranking_.good_end();
        d.bad_end = ranking_.bad_end();
        d.histogram = ranking_.histogram();
        d.lines = ranking_.lines();
        d.too_small = ranking_.too_small();
        d.ranked = ranking_.ranked();
        d.good = ranking_.good();
        d.bad = ranking_.bad();
        if (alike_)
            d.divided = divided_sets(order_.size(), *alike_, [this](std::size_t p) { return part(p); });
    }

    /// From the lists' folder to the photos', as the system goes, which leaves a linked folder by another way
    /// than the one it came.
    fs::path photo_folder() const {
        return has_photos() ? fs::proximate(s_.ranking.photos, s_.out) : fs::path();
    }

    void write_lists() {
        lists_ = std::make_unique<SplitLists>(s_.out, summary_.parts, s_.folds > 0,
                                              sets_ ? "score,id,position,set" : "score,id,position");
        RecordFile<Ranked>::Cursor good(ranking_.chosen()), bad(ranking_.chosen());
        const fs::path folder = photo_folder();
        Alternation order = alternation();
        std::size_t position = 0;
        for (Alternation::Place place; order.next(place); ++position) {
            add_photo((place.good ? good : bad).at(place.chosen), place.good, position, folder);
            if (position % 4096 == 0) work_.check_stop();
        }
        if (position == 0) throw Error(Error::Kind::data, "none of the chosen photos can be used");
        for (std::size_t p = 0; s_.folds > 0 && p < summary_.part_photos.size(); ++p)
            if (summary_.part_photos[p][0] == 0 || summary_.part_photos[p][1] == 0)
                throw Error(
                    Error::Kind::data,
                    fmt::format("{} photos, or sets of like ones, are too few for {} folds: {} lacks a class",
                                position, s_.folds, summary_.parts.names[p]));
        summary_.surplus = summary_.good + summary_.bad - position - problems_.count(Problem::broken) -
                           problems_.count(Problem::tiny);
    }

    void add_photo(const Ranked& ranked, bool good, std::size_t position, const fs::path& folder) {
        const Ranking::Photo photo = ranking_.photo(ranked, false);
        const std::size_t p = part(position);
        const std::string set = sets_ ? fmt::format(",{}", sets_->set_of(position)) : "";
        lists_->add(p, folder / photo.path, good,
                    fmt::format("{},{},{}{}", ranked.score, csv_field(photo.id), position, set));
        ++summary_.part_photos[p][good ? 1 : 0];
        auto& shown = good ? summary_.best : summary_.worst;
        if (shown.size() < static_cast<std::size_t>(s_.mosaic))
            shown.push_back({(fs::path(s_.ranking.photos) / photo.path).string(), photo.id, ranked.score});
    }

    /// All bytes go to the disk before the first name changes, so that a full one leaves the old set as it
    /// was.
    void finish() {
        for (std::size_t i = 0; i < problem_count; ++i)
            summary_.problems[i] = problems_.count(static_cast<Problem>(i));
        work_.progress.show("writing the report");
        Lines report(s_.out + "/report.html"), account(s_.out + "/dataset.json");
        report.add(dataset_page(summary_, work_.threads));
        account.add(dataset_json(summary_));
        std::vector<Lines*> files{&report, &problems_.file()};
        files.insert(files.end(), lists_->files().begin(), lists_->files().end());
        for (Lines* file : files) file->flush();
        account.flush();
        const auto databases = packed_parts();
        if (fs::remove(s_.out + "/dataset.json")) remove_former(s_);
        for (Lines* file : files) file->commit();
        for (const auto& database : databases) database->commit();
        account.commit();
    }

    /// A database of each part, whole but not yet in its place.
    std::vector<std::unique_ptr<LmdbWriter>> packed_parts() {
        std::vector<std::unique_ptr<LmdbWriter>> databases;
        for (std::size_t p = 0; s_.pack && p < summary_.part_photos.size(); ++p) {
            if (summary_.part_photos[p][0] + summary_.part_photos[p][1] == 0) continue;
            const std::string& name = summary_.parts.names[p];
            work_.progress.say(fmt::format("packing {}.lmdb", name));
            databases.push_back(std::make_unique<LmdbWriter>(fmt::format("{}/{}.lmdb", s_.out, name)));
            pack(lists_->part(p).temporary(), *databases.back(), *s_.pack, work_);
        }
        return databases;
    }

    const BuildSettings& s_;
    Work& work_;
    Problems problems_;
    Ranking ranking_;
    std::vector<Looked> looked_;  ///< of the chosen; empty without photos
    Positions order_;
    std::unique_ptr<DisjointSets> alike_, sets_;
    std::vector<std::uint8_t> parts_;  ///< of positions; empty: by position
    std::unique_ptr<SplitLists> lists_;
    DatasetSummary summary_;
};

}  // namespace

std::vector<std::string> data_set_files(const BuildSettings& s) {
    std::vector<std::string> files = SplitLists::names(s.out, parts_of(s), s.folds > 0);
    for (const char* name : {"problems.csv", "report.html", "dataset.json", "photos.cache"})
        files.push_back(fmt::format("{}/{}", s.out, name));
    return files;
}

DatasetSummary build_dataset(const BuildSettings& settings, Work& work) {
    return Build(settings, work).run();
}

}  // namespace emulsion::apps
