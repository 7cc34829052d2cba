// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion dataset build`: what it is asked, and what it says.
#include <spdlog/fmt/fmt.h>

#include <emulsion/emulsion.h>
#include <filesystem>

#include "apps/common.h"
#include "apps/dataset/build.h"
#include "apps/dataset/commands.h"
#include "apps/dataset/photo_check.h"
#include "data/files.h"

namespace emulsion::apps {
namespace {

struct Settings {
    RunOptions run;
    BuildSettings build;
    std::string score = "log-views", as_of, split = "alternating", group_by, size = "240x159";
    bool lmdb = false;
    PackSettings pack;
};

void describe_choice(CLI::App& app, Settings& s) {
    RankingSettings& r = s.build.ranking;
    app.add_option("--score", s.score,
                   "log-views (log2((views+1)/days)), views/days, stars/views, or a column")
        ->capture_default_str();
    app.add_option("--as-of", s.as_of,
                   "Date (2014-06-30) or Unix seconds that days are counted to; else the newest "
                   "upload time in the file");
    app.add_option("--top", r.top, "Percent of the photos, the best, that are good")
        ->check(CLI::Range(0.0, 100.0))
        ->capture_default_str();
    app.add_option("--bottom", r.bottom, "Percent, the worst, that are bad")
        ->check(CLI::Range(0.0, 100.0))
        ->capture_default_str();
    app.add_option("--min-width", r.least_width, "Leaves out photos that the metadata says are narrower");
    app.add_option("--min-height", r.least_height, "Or lower");
    app.add_option("--min-side", s.build.least_side, "Pixels; a photo with a shorter side counts as tiny")
        ->check(CLI::Range(1, most_least_side))
        ->capture_default_str();
}

void describe_split(CLI::App& app, Settings& s) {
    app.add_option("--split", s.split,
                   "alternating: the author's, by position modulo 16; grouped: nothing that "
                   "belongs together is divided")
        ->check(CLI::IsMember({"alternating", "grouped"}))
        ->capture_default_str();
    app.add_option("--group-by", s.group_by,
                   "owner, look (copies and near-duplicates) or both; else what there is")
        ->check(CLI::IsMember({"owner", "look", "both"}));
    app.add_option("--folds", s.build.folds,
                   "Of a grouped split: instead of train, val and test so many folds, each held out once")
        ->check(within(2, 100));
    app.add_option("--seed", s.build.seed, "Of a grouped split")->capture_default_str();
    app.add_option("--near", s.build.near_bits, "Photos look alike whose hashes differ in so many of 64 bits")
        ->check(CLI::Range(0, 11))
        ->capture_default_str();
}

void describe(CLI::App& app, Settings& s) {
    app.add_option("--metadata", s.build.ranking.metadata, "CSV with a header, or the author's bare lines")
        ->required();
    app.add_option("--photos", s.build.ranking.photos,
                   "Folder of ID.jpg and the like, or of what a path column names; "
                   "without it nobody looks at photos");
    app.add_option("--out", s.build.out, "Folder for lists and report")->required();
    describe_choice(app, s);
    describe_split(app, s);
    app.add_option("--mosaic", s.build.mosaic, "Photos in each mosaic")
        ->check(CLI::Range(0, 1000))
        ->capture_default_str();
    app.add_flag("--lmdb", s.lmdb, "Also packs each part: train.lmdb, val.lmdb, test.lmdb");
    app.add_option("--size", s.size, "WIDTHxHEIGHT of the packed photos")->capture_default_str();
    app.add_flag("--encoded", s.pack.encoded, "Packs JPEG files instead of pixels");
    add_machine_options(app, s.run);
    app.footer(
        "Columns, in any order: id, stars, views, width, height, upload_time (Unix seconds), owner, path. "
        "Bare\n"
        "lines: id, stars, views, width, height, upload time. Of lines with one id the one with the highest "
        "score\n"
        "counts; photos of equal score are ordered by id; so the order of the lines has no say in the "
        "result.\n"
        "Writes {train,val,test}.{txt,csv}, or with --folds fold-N/{train,test}.{txt,csv}; problems.csv, "
        "report.html,\n"
        "dataset.json. Run again after an end in the middle, it looks at no photo twice whose size and time "
        "are the\n"
        "same (photos.cache).");
}

/// What a grouped split goes by, where nobody said.
void choose_groups(Settings& s) {
    BuildSettings& b = s.build;
    b.grouped = s.split == "grouped";
    if (b.folds > 0 && !b.grouped) throw Error(Error::Kind::usage, "--folds belongs to --split grouped");
    if (b.folds > 0 && s.lmdb)
        throw Error(Error::Kind::usage, "--lmdb packs train, val and test; --folds makes none of these");
    if (!b.grouped) {
        if (!s.group_by.empty()) throw Error(Error::Kind::usage, "--group-by belongs to --split grouped");
        return;
    }
    const bool photos = !b.ranking.photos.empty();
    b.by_look = s.group_by.empty() ? photos : s.group_by != "owner";
    b.by_owner =
        s.group_by.empty() ? MetadataFile(b.ranking.metadata, {}).has(Field::owner) : s.group_by != "look";
    if (b.by_look && !photos)
        throw Error(Error::Kind::usage,
                    "--group-by " + s.group_by + ": what photos look like needs --photos");
    if (!b.by_look && !b.by_owner)
        throw Error(Error::Kind::usage,
                    "--split grouped: there is neither a column owner nor --photos to group by");
}

void print_summary(const DatasetSummary& d, const std::string& out) {
    const auto count = [](std::uint64_t n) { return with_commas(static_cast<std::int64_t>(n)); };
    std::string text = fmt::format("{} lines, {} photos ranked by {}{}\n", count(d.lines), count(d.ranked),
                                   d.formula, d.as_of ? ", days to " + date_text(*d.as_of) : "");
    text += fmt::format("good from {} up, bad to {}\n", fixed(d.good_end, 3), fixed(d.bad_end, 3));
    if (d.good_end <= d.bad_end) text += "the score does not part good from bad: only their ids do\n";
    for (std::size_t p = 0; p < d.part_photos.size(); ++p)
        text += fmt::format("{:5} {} good, {} bad\n", d.parts.names[p], count(d.part_photos[p][1]),
                            count(d.part_photos[p][0]));
    for (std::size_t i = 0; i < problem_count; ++i)
        if (d.problems[i] > 0)
            text += fmt::format("{}: {}\n", problem_name(static_cast<Problem>(i)), count(d.problems[i]));
    if (d.too_small > 0) text += fmt::format("below the least resolution: {}\n", count(d.too_small));
    if (d.divided.value_or(0) > 0)
        text += fmt::format(
            "sets of like photos that lie in several parts: {} (--split grouped keeps them together)\n",
            count(*d.divided));
    print(text + fmt::format("wrote {}/report.html\n", one_line(out)));
}

int run(const Settings& given) {
    Settings s = given;
    RankingSettings& r = s.build.ranking;
    if (!(r.top > 0 && r.bottom > 0 && r.top + r.bottom <= 100))
        throw Error(Error::Kind::usage, "--top and --bottom: more than 0 each, and 100 at most together");
    r.score = Score(s.score);
    if (!s.as_of.empty()) r.as_of = parse_date(s.as_of, "--as-of");
    if (s.lmdb && r.photos.empty()) throw Error(Error::Kind::usage, "--lmdb needs --photos");
    if (s.lmdb) {
        s.pack.fit = parse_size(s.size, "--size");
        s.build.pack = s.pack;
    }
    for (const std::string& file : data_set_files(s.build)) keep_inputs(file, {r.metadata});
    choose_groups(s);
    r.scratch = s.build.out;
    std::error_code error;
    std::filesystem::create_directories(s.build.out, error);
    if (error)
        throw Error(Error::Kind::failure, one_line("cannot make " + s.build.out + ": " + error.message()));
    DatasetSummary summary;
    {
        Work work(s.run.thread_count());
        summary = build_dataset(s.build, work);
    }
    print_summary(summary, s.build.out);
    return 0;
}

}  // namespace

void add_dataset_build(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "build",
                             "Rank photos by their metadata; take the best and the worst", describe, run);
}

}  // namespace emulsion::apps
