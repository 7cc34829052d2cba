// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/dataset_page.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/common_text.h"
#include "apps/dataset/histogram_plot.h"
#include "apps/mosaic.h"
#include "apps/plot.h"
#include "apps/report_style.h"

namespace emulsion::apps {
namespace {

std::string count_text(std::uint64_t count) {
    return with_commas(static_cast<std::int64_t>(count));
}

std::string date_of(const DatasetSummary& s) {
    return s.as_of ? date_text(*s.as_of) : "";
}

void add_head(std::string& out, const DatasetSummary& s) {
    const char* title = "A data set of photographs";
    out += fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\">\n<title>{}</title>\n<style>{}"
        ".pair{{margin-top:14px}}</style>\n</"
        "head>\n<body>\n<main>\n<header>\n"
        "<p class=\"kicker\">Emulsion</p>\n<h1>{}</h1>\n<p>From {}: the score of each photo, the best {:g}% "
        "as good, "
        "the worst {:g}% as bad, and who is learnt from.</p>\n</header>\n",
        title, report_style, title, escape_markup(s.metadata), s.top, s.bottom);
}

void add_tile(std::string& out, const std::string& figure, const std::string& words, bool main = false) {
    out += fmt::format("<div class=\"tile{}\"><b>{}</b><span>{}</span></div>\n", main ? " main" : "", figure,
                       words);
}

void add_tiles(std::string& out, const DatasetSummary& s) {
    std::uint64_t used = 0;
    for (const auto& part : s.part_photos) used += part[0] + part[1];
    out += "<section class=\"tiles\">\n";
    add_tile(out, count_text(used), "photos in the set, half of them good", true);
    add_tile(out, count_text(s.ranked), "photos ranked by score");
    add_tile(out, count_text(s.lines), "lines of metadata");
    add_tile(out, fixed(s.good_end, 2), "the lowest score of a good photo");
    add_tile(out, fixed(s.bad_end, 2), "the highest score of a bad one");
    out += "</section>\n";
}

void add_histogram(std::string& out, const DatasetSummary& s) {
    out += "<section>\n<h2>The score</h2>\n<div class=\"card\">" +
           histogram_svg(s.histogram, s.bad_end, s.good_end, s.formula) + "</div>\n";
    out += fmt::format(
        "<p class=\"soft\">How many of the {} ranked photos have which score, from {} to {} in {} equal "
        "steps. Score: "
        "{}{}. Photos of equal score are ordered by id.</p>\n</section>\n",
        count_text(s.ranked), fixed(s.histogram.low, 2), fixed(s.histogram.high, 2),
        s.histogram.counts.size(), escape_markup(s.formula),
        s.as_of ? "; days are counted to " + date_of(s) + " and are one at least" : "");
}

void add_parts(std::string& out, const DatasetSummary& s) {
    out +=
        "<section>\n<h2>The parts</h2>\n<div class=\"pair\">\n<div class=\"card\"><table class=\"rows\">\n"
        "<tr><th>part</th><th>good</th><th>bad</th><th>photos</th></tr>\n";
    for (std::size_t part = 0; part < s.part_photos.size(); ++part) {
        const auto& [bad, good] = s.part_photos[part];
        out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", s.parts.names[part],
                           count_text(good), count_text(bad), count_text(good + bad));
    }
    out += fmt::format(
        "</table>\n<p class=\"soft\">{}.{}</p></div>\n", escape_markup(s.split),
        s.divided ? fmt::format(" Sets of photos that are copies or look alike and lie in more than one "
                                "part: {}.",
                                count_text(*s.divided))
                  : "");
    out +=
        "<div class=\"card\"><table class=\"rows\">\n<tr><th>left out, or worth a "
        "look</th><th>photos</th></tr>\n";
    for (std::size_t i = 0; i < problem_count; ++i) {
        out += fmt::format("<tr><td>{}{}</td><td>{}</td></tr>\n", problem_name(static_cast<Problem>(i)),
                           i >= static_cast<std::size_t>(Problem::duplicate) ? " (kept)" : "",
                           count_text(s.problems[i]));
    }
    out += fmt::format(
        "<tr><td>below the least resolution</td><td>{}</td></tr>\n<tr><td>over, so that classes are "
        "equal</td><td>{}"
        "</td></tr>\n</table>\n<p class=\"soft\">problems.csv names each of the first "
        "{}.</p></div>\n</div>\n</section>\n",
        count_text(s.too_small), count_text(s.surplus), problem_count);
}

std::vector<MosaicPhoto> shown(const std::vector<DatasetSummary::Shown>& photos) {
    std::vector<MosaicPhoto> result;
    for (const auto& photo : photos)
        result.push_back({photo.path, photo.id, fixed(photo.score, 2), photo.id});
    return result;
}

}  // namespace

std::string dataset_page(const DatasetSummary& s, int threads) {
    std::string out;
    add_head(out, s);
    add_tiles(out, s);
    add_histogram(out, s);
    add_parts(out, s);
    if (!s.photos.empty()) {
        const char* words = "The {} with the {} scores, {} first. Under each its score and its id.";
        add_mosaic(out, "The best", fmt::format(fmt::runtime(words), s.best.size(), "highest", "the best"),
                   shown(s.best), threads);
        add_mosaic(out, "The worst", fmt::format(fmt::runtime(words), s.worst.size(), "lowest", "the worst"),
                   shown(s.worst), threads);
    }
    const char* caution =
        s.as_of ? " The score says how much a photo was looked at, which is not the same as how good it is."
                : "";
    return out + fmt::format(
                     "<footer>Made by <code>emulsion dataset build</code>.{}</footer>\n</main>\n</body>\n"
                     "</html>\n",
                     caution);
}

std::string dataset_json(const DatasetSummary& s) {
    using Json = nlohmann::ordered_json;
    Json parts, problems;
    for (std::size_t part = 0; part < s.part_photos.size(); ++part)
        parts[s.parts.names[part]] = {{"good", s.part_photos[part][1]}, {"bad", s.part_photos[part][0]}};
    for (std::size_t i = 0; i < problem_count; ++i)
        problems[problem_name(static_cast<Problem>(i))] = s.problems[i];
    Json page = {{"metadata", s.metadata},
                 {"photos", s.photos},
                 {"score", s.formula},
                 {"as_of", s.as_of ? Json(*s.as_of) : Json()},
                 {"as_of_text", date_of(s)},
                 {"top_percent", s.top},
                 {"bottom_percent", s.bottom},
                 {"split", s.split},
                 {"lines", s.lines},
                 {"below_resolution", s.too_small},
                 {"ranked", s.ranked},
                 {"good", s.good},
                 {"bad", s.bad},
                 {"surplus", s.surplus},
                 {"lowest_good_score", s.good_end},
                 {"highest_bad_score", s.bad_end},
                 {"parts", parts},
                 {"problems", problems},
                 {"divided_sets", s.divided ? Json(*s.divided) : Json()},
                 {"histogram",
                  {{"low", s.histogram.low}, {"high", s.histogram.high}, {"counts", s.histogram.counts}}}};
    return page.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace emulsion::apps
