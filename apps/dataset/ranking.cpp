// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/ranking.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <utility>

#include "data/files.h"

namespace emulsion::apps {
namespace {

namespace fs = std::filesystem;

std::vector<Field> wanted_fields(const RankingSettings& s) {
    std::vector<Field> fields = s.score.wanted();
    if (s.least_width > 0) fields.push_back(Field::width);
    if (s.least_height > 0) fields.push_back(Field::height);
    return fields;
}

/// How many of `all` a percentage is, rounded down; a percentage like 0.1 is not quite itself in binary.
std::size_t part_of(std::size_t all, double percent) {
    return static_cast<std::size_t>(std::floor(static_cast<double>(all) * percent / 100 + 1e-9));
}

}  // namespace

/// The photos of the folder by id, gone through as ids ascend.
class Ranking::Files {
   public:
    Files(const RankingSettings& s, NameStore& names, Work& work) : sorted_(s.scratch), cursor_(sorted_) {
        FoundFiles found(s.scratch);
        find_photos(s.photos, names, found, [&](std::uint64_t count) {
            work.check_stop();
            if (work.progress.due())
                work.progress.show(with_commas(static_cast<std::int64_t>(count)) + " photos found");
        });
        found.drain([&](const FoundFile& file) { sorted_.append(file); });
        sorted_.flush();
    }

    /// The photo's name, or no_name. Of several files with the id, the first by its path's bytes.
    std::uint64_t find(std::uint64_t id, const NameStore& names) {
        while (at_ < sorted_.size() && cursor_.at(at_).key < id) ++at_;
        std::uint64_t best = Ranked::no_name;
        for (std::size_t i = at_; i < sorted_.size() && cursor_.at(i).key == id; ++i) {
            const std::uint64_t name = cursor_.at(i).name;
            if (best == Ranked::no_name || names.at(name) < names.at(best)) best = name;
        }
        return best;
    }

   private:
    RecordFile<FoundFile> sorted_;
    RecordFile<FoundFile>::Cursor cursor_;
    std::size_t at_ = 0;
};

Ranking::Ranking(RankingSettings settings, Problems& problems, Work& work)
    : settings_(std::move(settings)),
      problems_(problems),
      work_(work),
      file_(settings_.metadata, wanted_fields(settings_), settings_.score.rating_column()),
      names_(settings_.scratch),
      chosen_(settings_.scratch) {
    Order order(settings_.scratch);
    {
        Entries entries(settings_.scratch);
        read_lines(entries);
        if (lines_ == 0)
            throw Error(Error::Kind::data, one_line(settings_.metadata + ": no line tells of a photo"));
        rank(entries, order);
    }
    ranked_ = order.size();
    if (ranked_ == 0)
        throw Error(
            Error::Kind::data,
            fmt::format("{}: none of {} photos is left ({} too small, {} missing below {})",
                        one_line(settings_.metadata), lines_, small_, problems_.count(Problem::missing),
                        settings_.photos.empty() ? "no folder" : one_line(settings_.photos)));
    choose(order);
}

void Ranking::read_lines(Entries& entries) {
    std::uint64_t malformed = 0;
    const auto note = [&](std::int64_t line, const std::string& why) {
        constexpr std::uint64_t most_named = 5;
        if (++malformed <= most_named)
            work_.progress.say(fmt::format("{}:{}: {}", one_line(file_.path()), line, one_line(why)));
        problems_.add(Problem::malformed, "", "", why, line);
    };
    double newest = -std::numeric_limits<double>::infinity();
    std::string newest_id;
    PhotoLine line;
    while (file_.next(line, note)) {
        ++lines_;
        if (line[Field::time] > newest) {
            newest = line[Field::time];
            newest_id = line.id;
        }
        if (line[Field::width] < settings_.least_width || line[Field::height] < settings_.least_height) {
            ++small_;
        } else {
            entries.add({settings_.score.measure(line), line[Field::time], id_key(line.id), line.place});
        }
        if (lines_ % 8192 != 0) continue;
        work_.check_stop();
        if (work_.progress.due())
            work_.progress.show(fmt::format("{} lines read, {}% of the file",
                                            with_commas(static_cast<std::int64_t>(lines_)),
                                            100 * file_.read() / std::max<std::uint64_t>(file_.bytes(), 1)));
    }
    if (!settings_.score.needs_date() || lines_ == 0) return;
    as_of_ = settings_.as_of;
    if (!as_of_) as_of_ = believed_date(newest, newest_id);
}

/// One line from a future that nobody has seen would make all other photos equally old.
std::int64_t Ranking::believed_date(double newest, const std::string& id) const {
    using Clock = std::chrono::system_clock;
    const auto date = static_cast<std::int64_t>(std::floor(newest));
    if (date <= Clock::to_time_t(Clock::now() + std::chrono::hours(24))) return date;
    throw Error(
        Error::Kind::data,
        one_line(fmt::format("{}: photo {} was uploaded in the future ({}); mend the line, or give the "
                             "date that days are counted to (--as-of)",
                             settings_.metadata, id, date_text(date))));
}

void Ranking::rank(Entries& entries, Order& order) {
    std::optional<Files> files;
    if (!settings_.photos.empty() && !file_.has(Field::path)) files.emplace(settings_, names_, work_);
    std::optional<Ranked> best;  // of the lines with one id
    const auto take_best = [&] {
        if (best) take(*best, files ? &*files : nullptr, order);
    };
    histogram_.low = std::numeric_limits<double>::infinity();
    histogram_.high = -histogram_.low;
    entries.drain([&](const Entry& entry) {
        const Ranked photo{
            settings_.score.finish(entry.measure, entry.uploaded, static_cast<double>(as_of_.value_or(0))),
            entry.id, entry.line, Ranked::no_name};
        if (best && best->id == photo.id) {
            problems_.add(Problem::repeated, id_text(photo.id, photo.line), "",
                          "of the lines with this id the one with the highest score counts");
            if (photo.score > best->score) best = photo;
            return;
        }
        take_best();
        best = photo;
        work_.check_stop();
    });
    take_best();
}

/// Puts a photo into the order if it is there.
void Ranking::take(Ranked photo, Files* files, Order& order) {
    std::string path;
    bool there = true;
    if (files != nullptr) {
        photo.name = files->find(photo.id, names_);
        there = photo.name != Ranked::no_name;
    } else if (!settings_.photos.empty()) {
        path = file_.at(photo.line).path;
        std::error_code ignored;
        there = fs::is_regular_file(fs::path(settings_.photos) / path, ignored);
    }
    if (!there) return problems_.add(Problem::missing, id_text(photo.id, photo.line), path, "no such photo");
    histogram_.low = std::min(histogram_.low, photo.score);
    histogram_.high = std::max(histogram_.high, photo.score);
    order.add(photo);
}

void Ranking::choose(Order& order) {
    const std::size_t all = order.size(), bad = part_of(all, settings_.bottom);
    good_ = part_of(all, settings_.top);
    if (good_ == 0 || bad == 0)
        throw Error(Error::Kind::data,
                    fmt::format("{}: {} photos are too few for a top of {}% and a bottom of {}%",
                                one_line(settings_.metadata), all, settings_.top, settings_.bottom));
    constexpr std::size_t bins = 48;
    histogram_.counts.assign(bins, 0);
    // Of halves, since scores may be as far apart as no number says.
    const double half_width = histogram_.high / 2 - histogram_.low / 2;
    RecordFile<Ranked> tail(settings_.scratch);
    std::size_t place = 0;
    order.drain([&](const Ranked& photo) {
        const double from_low = photo.score / 2 - histogram_.low / 2;
        const double bin = half_width > 0 ? from_low / half_width * bins : 0;
        ++histogram_.counts[std::min(static_cast<std::size_t>(bin), bins - 1)];
        if (place < good_) chosen_.append(photo);
        if (place + 1 == good_) good_end_ = photo.score;
        if (place == all - bad) bad_end_ = photo.score;
        if (place >= all - bad) tail.append(photo);
        ++place;
    });
    tail.flush();
    RecordFile<Ranked>::Cursor from_end(tail);
    for (std::size_t i = tail.size(); i-- > 0;) chosen_.append(from_end.at(i));
    chosen_.flush();
}

std::string Ranking::id_text(std::uint64_t id, std::uint64_t line) const {
    const auto text = id_of_key(id);
    return text ? *text : file_.at(line).id;
}

Ranking::Photo Ranking::photo(const Ranked& ranked, bool with_owner) const {
    const auto number = id_of_key(ranked.id);
    const bool by_path = file_.has(Field::path), named = ranked.name != Ranked::no_name;
    Photo photo;
    if (number) photo.id = *number;
    if (!number || by_path || (with_owner && has_owners())) {
        PhotoLine line = file_.at(ranked.line);
        photo = {std::move(line.id), std::move(line.path), std::move(line.owner)};
    }
    if (!by_path) photo.path = named ? names_.at(ranked.name) : photo.id + ".jpg";
    return photo;
}

}  // namespace emulsion::apps
