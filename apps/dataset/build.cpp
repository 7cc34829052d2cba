// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/build.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <filesystem>
#include <memory>

#include "apps/dataset/likeness.h"
#include "data/files.h"
#include "data/lmdb.h"

namespace emulsion::apps {
namespace {

namespace fs = std::filesystem;

/// The lists of one part, in both forms.
struct PartLists {
    explicit PartLists(const std::string& base) : text(base + ".txt"), table(base + ".csv") {}
    Lines text, table;
};

class Build {
   public:
    Build(const BuildSettings& s, Work& work)
        : s_(s), work_(work), problems_(s.out + "/problems.csv"), ranking_(s.ranking, problems_, work) {}

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
        parts_ = split_sets(order_.size(), *sets_, s_.seed);
    }

    Part part(std::size_t position) const {
        return parts_.empty() ? part_by_position(position) : parts_[position];
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
            d.split = fmt::format("12 to 2 to 2, so that {}{}{} stay together; seed {}",
                                  s_.by_look ? "photos that look alike" : "",
                                  s_.by_look && s_.by_owner ? " or are " : "",
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

    /// From the lists' folder to the photos'.
    fs::path photo_folder() const {
        if (!has_photos()) return {};
        return fs::absolute(s_.ranking.photos)
            .lexically_normal()
            .lexically_proximate(fs::absolute(s_.out).lexically_normal());
    }

    void write_lists() {
        for (std::size_t p = 0; p < part_count; ++p) {
            const std::string base = fmt::format("{}/{}", s_.out, part_names[p]);
            lists_.push_back(std::make_unique<PartLists>(base));
            lists_.back()->table.add(fmt::format("path,label,score,id,position{}\n", sets_ ? ",set" : ""));
        }
        RecordFile<Ranked>::Cursor good(ranking_.chosen()), bad(ranking_.chosen());
        const fs::path folder = photo_folder();
        Alternation order = alternation();
        std::size_t position = 0;
        for (Alternation::Place place; order.next(place); ++position) {
            add_photo((place.good ? good : bad).at(place.chosen), place.good, position, folder);
            if (position % 4096 == 0) work_.check_stop();
        }
        if (position == 0) throw Error(Error::Kind::data, "none of the chosen photos can be used");
        summary_.surplus = summary_.good + summary_.bad - position - problems_.count(Problem::broken) -
                           problems_.count(Problem::tiny);
    }

    void add_photo(const Ranked& ranked, bool good, std::size_t position, const fs::path& folder) {
        const Ranking::Photo photo = ranking_.photo(ranked, false);
        const std::string path = (folder / photo.path).generic_string();
        const auto p = static_cast<std::size_t>(part(position));
        PartLists& lists = *lists_[p];
        lists.text.add(fmt::format("{} {}\n", path, good ? 1 : 0));
        const std::string set = sets_ ? fmt::format(",{}", sets_->set_of(position)) : "";
        lists.table.add(fmt::format("{},{},{},{},{}{}\n", csv_field(path), good ? 1 : 0, ranked.score,
                                    csv_field(photo.id), position, set));
        ++summary_.parts[p][good ? 1 : 0];
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
        for (const auto& lists : lists_) files.insert(files.end(), {&lists->text, &lists->table});
        for (Lines* file : files) file->flush();
        account.flush();
        const auto databases = packed_parts();
        fs::remove(s_.out + "/dataset.json");
        for (Lines* file : files) file->commit();
        for (const auto& database : databases) database->commit();
        account.commit();
    }

    std::vector<std::unique_ptr<LmdbWriter>> packed_parts() {
        std::vector<std::unique_ptr<LmdbWriter>> databases;
        for (std::size_t p = 0; s_.pack && p < part_count; ++p) {
            if (summary_.parts[p][0] + summary_.parts[p][1] == 0) continue;
            work_.progress.say(fmt::format("packing {}.lmdb", part_names[p]));
            databases.push_back(
                std::make_unique<LmdbWriter>(fmt::format("{}/{}.lmdb", s_.out, part_names[p])));
            pack(lists_[p]->text.temporary(), *databases.back(), *s_.pack, work_);
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
    std::vector<Part> parts_;  ///< of positions; empty: by position
    std::vector<std::unique_ptr<PartLists>> lists_;
    DatasetSummary summary_;
};

}  // namespace

std::vector<std::string> data_set_files(const std::string& out) {
    std::vector<std::string> files;
    for (const char* part : part_names)
        for (const char* end : {".txt", ".csv"}) files.push_back(fmt::format("{}/{}{}", out, part, end));
    for (const char* name : {"problems.csv", "report.html", "dataset.json", "photos.cache"})
        files.push_back(fmt::format("{}/{}", out, name));
    return files;
}

DatasetSummary build_dataset(const BuildSettings& settings, Work& work) {
    return Build(settings, work).run();
}

}  // namespace emulsion::apps
