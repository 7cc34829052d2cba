// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/report_page.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>

#include "apps/common_text.h"
#include "apps/mosaic.h"
#include "apps/plot.h"
#include "apps/report_style.h"

namespace emulsion::apps {
namespace {

std::string percent(double fraction, int decimals = 1) {
    return fixed(100 * fraction, decimals) + "%";
}

/// Everything about the runs that more than one section needs.
struct Summary {
    std::vector<ScoredPhoto> photos;  ///< of all runs
    std::vector<double> accuracies;
    Interval interval;
    int classes = 2;
    double seconds = 0;
};

Summary summarise(const std::vector<FinishedRun>& runs) {
    Summary s;
    for (const FinishedRun& run : runs) {
        s.photos.insert(s.photos.end(), run.photos.begin(), run.photos.end());
        s.accuracies.push_back(run.accuracy());
        s.seconds += run.seconds;
        for (const ScoredPhoto& p : run.photos) s.classes = std::max({s.classes, p.label + 1, p.answer + 1});
    }
    s.interval = t_interval(s.accuracies);
    return s;
}

std::string class_word(const Report& report, int c) {
    if (report.set && c < 2) return c == 0 ? "degraded" : "as it was";
    return fmt::format("class {}", c);
}

void add_head(std::string& out, const Report& report) {
    out += fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\">\n<title>{}</title>\n<style>{}</style>\n"
        "</head>\n<body>\n<main>\n<header>\n<p class=\"kicker\">Emulsion</p>\n<h1>{}</h1>\n",
        escape_markup(report.title), report_style, escape_markup(report.title));
    if (report.set) {
        out +=
            "<p>A small network, trained from nothing on this machine, looks at crops of photographs that it "
            "has "
            "never seen and says which were degraded: blurred, flat, badly exposed or of wrong colour.</p>\n"
            "<div class=\"note\"><p><strong>The labels are synthetic.</strong> Nobody has judged these "
            "crops. Half of "
            "them are as the photographer made them; the other half were spoilt on purpose by a program. So "
            "this "
            "shows that the whole machine works, from photo to score. It says nothing about "
            "taste.</p></div>\n";
    }
    out += "</header>\n";
}

void add_tile(std::string& out, const std::string& figure, const std::string& words, bool main = false) {
    out += fmt::format("<div class=\"tile{}\"><b>{}</b><span>{}</span></div>\n", main ? " main" : "", figure,
                       words);
}

void add_tiles(std::string& out, const Report& report, const Summary& s) {
    out += "<section class=\"tiles\">\n";
    add_tile(out, percent(s.interval.mean), "of held-out photos told rightly", true);
    if (s.accuracies.size() > 1) {
        add_tile(
            out,
            fmt::format("{}–{}", fixed(100 * s.interval.low, 1), percent(std::min(1.0, s.interval.high))),
            fmt::format("95% interval over {} splits", s.accuracies.size()));
    }
    add_tile(out, with_commas(static_cast<std::int64_t>(s.photos.size())),
             "photos scored, each by a net that never saw it");
    if (report.set)
        add_tile(out, std::to_string(report.set->authors.size()), "photographs they were cut from");
    add_tile(out, fmt::format("{:.0f} s", s.seconds),
             fmt::format("to train {} × {}", report.runs.size(), escape_markup(report.runs[0].net)));
    out += "</section>\n";
}

// One dot a split on a percent axis, over a band for the interval.
std::string dot_plot(const Summary& s) {
    constexpr double left = 20, right = 700, width = right - left;
    double low = std::min(s.interval.low, *std::min_element(s.accuracies.begin(), s.accuracies.end()));
    low = std::clamp(std::floor(low * 20 - 0.5) / 20, 0.0, 0.95);
    const auto at = [&](double v) { return left + (std::clamp(v, low, 1.0) - low) / (1 - low) * width; };
    std::string out =
        "<svg class=\"dots\" viewBox=\"0 0 720 92\" role=\"img\" aria-label=\"Accuracy of each split\">\n";
    for (const double v : ticks(low, 1, 6)) {
        out += fmt::format(
            "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"12\" y2=\"62\" stroke=\"currentColor\" "
            "stroke-opacity=\".13\"/><text x=\"{0:.1f}\" y=\"82\" text-anchor=\"middle\" "
            "opacity=\".65\">{1}</text>\n",
            at(v), percent(v, 0));
    }
    if (s.accuracies.size() > 1) {
        out += fmt::format(
            "<rect x=\"{:.1f}\" y=\"24\" width=\"{:.1f}\" height=\"26\" rx=\"5\" fill=\"var(--amber)\" "
            "fill-opacity=\".18\"/><line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"20\" y2=\"54\" "
            "stroke=\"var(--amber)\" stroke-width=\"2.5\"/>\n",
            at(s.interval.low), at(s.interval.high) - at(s.interval.low), at(s.interval.mean),
            at(s.interval.mean));
    }
    for (const double v : s.accuracies) {
        out += fmt::format(
            "<circle cx=\"{:.1f}\" cy=\"37\" r=\"6\" fill=\"var(--amber)\" stroke=\"var(--card)\" "
            "stroke-width=\"2\"/>\n",
            at(v));
    }
    return out + "</svg>\n";
}

void add_splits(std::string& out, const Report& report, const Summary& s) {
    out += "<section>\n<h2>On photographs it never saw</h2>\n";
    if (s.accuracies.size() > 1) {
        out += fmt::format(
            "<p>The photographs were dealt into {} parts. Each part was held out once, with every crop of "
            "its photographs, "
            "while a fresh network learnt from the rest. The bar is the mean, the band its 95% interval by "
            "Student’s t "
            "over the {} results.</p>\n",
            s.accuracies.size(), s.accuracies.size());
    }
    out += "<div class=\"card\">" + dot_plot(s) +
           "<table class=\"rows\">\n<tr><th>split</th><th>photos</th><th>right</th>"
           "<th>accuracy</th><th>photos/s in training</th></tr>\n";
    for (std::size_t i = 0; i < report.runs.size(); ++i) {
        const FinishedRun& run = report.runs[i];
        const auto count = static_cast<double>(run.photos.size());
        out += fmt::format("<tr><td>{}</td><td>{}</td><td>{:.0f}</td><td>{}</td><td>{}</td></tr>\n",
                           escape_markup(std::filesystem::path(run.folder).filename().string()),
                           run.photos.size(), run.accuracy() * count, percent(run.accuracy()),
                           fixed(run.photos_per_second, 0));
    }
    out += "</table></div>\n</section>\n";
}

// All runs in one chart: training thin, validation strong.
void add_curves(std::string& out, const Report& report) {
    const auto lines = [&](double Curve::Point::*value) {
        std::vector<Line> made;
        for (const bool validation : {false, true}) {
            for (std::size_t i = 0; i < report.runs.size(); ++i) {
                const Curve& curve = report.runs[i].curve;
                Line line{i > 0        ? ""
                          : validation ? "held out"
                                       : "training",
                          validation ? 1 : 0,
                          !validation,
                          {}};
                for (const Curve::Point& p : validation ? curve.validation : curve.training) {
                    line.points.emplace_back(static_cast<double>(p.iteration), p.*value);
                }
                made.push_back(std::move(line));
            }
        }
        return made;
    };
    const Chart chart{
        "iteration",
        {{"Loss", false, lines(&Curve::Point::loss)}, {"Accuracy", true, lines(&Curve::Point::accuracy)}}};
    out += "<section>\n<h2>How it learnt</h2>\n<div class=\"card\">" + svg(chart) + "</div>\n</section>\n";
}

std::string confusion_table(const Report& report, const Summary& s) {
    const auto n = static_cast<std::size_t>(s.classes);
    std::vector<std::vector<int>> counts(n, std::vector<int>(n, 0));
    for (const ScoredPhoto& p : s.photos)
        ++counts[static_cast<std::size_t>(p.label)][static_cast<std::size_t>(p.answer)];
    std::string out = "<table class=\"matrix\">\n<thead><tr><th></th>";
    for (int c = 0; c < s.classes; ++c) out += fmt::format("<th>called {}</th>", class_word(report, c));
    out += "</tr></thead>\n";
    for (std::size_t truth = 0; truth < n; ++truth) {
        int sum = 0;
        for (const int count : counts[truth]) sum += count;
        out += fmt::format("<tr><th>{}</th>", class_word(report, static_cast<int>(truth)));
        for (const int count : counts[truth]) {
            const double share = sum == 0 ? 0 : static_cast<double>(count) / sum;
            out += fmt::format(
                "<td class=\"n\" style=\"background:rgba(var(--cell),{:.2f})\">{}<small>{}</small></td>",
                0.06 + 0.4 * share, with_commas(count), percent(share));
        }
        out += "</tr>\n";
    }
    return out + "</table>";
}

std::string file_name(const ScoredPhoto& p) {
    return std::filesystem::path(p.path).filename().string();
}

// What was done to a photo, in words; empty if nothing, or if nothing is known.
std::string damage_of(const Report& report, const ScoredPhoto& p) {
    if (!report.set) return "";
    const auto found = report.set->crops.find(file_name(p));
    return found == report.set->crops.end() ? "" : found->second.damage;
}

// "blur 8.10, flat 0.42" to "blur + flat".
std::string kinds_of(const std::string& damage) {
    std::string kinds;
    for (std::size_t at = 0; at < damage.size();) {
        const std::size_t end = std::min(damage.find(", ", at), damage.size());
        const std::string one = damage.substr(at, end - at);
        kinds += (kinds.empty() ? "" : " + ") + one.substr(0, one.rfind(' '));
        at = end + 2;
    }
    return kinds;
}

// How often the crops with each kind of damage were told, a crop with two counting for both; and those
// left as they were.
std::string damage_bars(const Report& report, const Summary& s) {
    struct Row {
        const char* label;
        int right = 0, all = 0;
    };
    std::array<Row, 5> rows = {{{"blur"}, {"flat"}, {"exposure"}, {"white balance"}, {"as it was"}}};
    for (const ScoredPhoto& p : s.photos) {
        std::string kinds = kinds_of(damage_of(report, p));
        if (kinds.empty()) kinds = "as it was";
        for (Row& row : rows) {
            if (kinds.find(row.label) == std::string::npos) continue;
            ++row.all;
            row.right += p.answer == p.label ? 1 : 0;
        }
    }
    std::string out;
    for (const Row& row : rows) {
        if (row.all == 0) continue;
        const double share = static_cast<double>(row.right) / row.all;
        out += fmt::format(
            "<div class=\"bar{}\"><span>{}</span><i><u style=\"width:{:.1f}%\"></u></i><b>{}</b></div>\n",
            row.label == std::string("as it was") ? " own" : "", row.label, 100 * share, percent(share, 0));
    }
    return out;
}

void add_answers(std::string& out, const Report& report, const Summary& s) {
    out +=
        "<section>\n<h2>What it gets right</h2>\n<div class=\"pair\">\n<div class=\"card\"><h3>Truth by row, "
        "answer by column</h3>" +
        confusion_table(report, s) + "</div>\n";
    if (report.set) {
        out += "<div class=\"card\"><h3>Told rightly, by what was done to the crop</h3>\n" +
               damage_bars(report, s) + "</div>\n";
    }
    out += "</div>\n</section>\n";
}

std::vector<MosaicPhoto> shown(const Report& report, const std::vector<ScoredPhoto>& photos) {
    std::vector<MosaicPhoto> result;
    for (const ScoredPhoto& p : photos) {
        const std::string kinds = kinds_of(damage_of(report, p));
        const std::string caption =
            report.set ? (kinds.empty() ? "as it was" : kinds) : class_word(report, p.label);
        result.push_back({p.path, file_name(p), fixed(100 * p.score, 1), caption,
                          p.label == p.answer ? "right" : "wrong"});
    }
    return result;
}

// The first `count`, but of one photograph two crops at most, where it is known which are of one.
std::vector<ScoredPhoto> varied(const std::vector<ScoredPhoto>& photos, const Report& report,
                                std::size_t count) {
    std::map<std::string, int> seen;
    std::vector<ScoredPhoto> chosen;
    for (const ScoredPhoto& p : photos) {
        if (chosen.size() == count) break;
        if (report.set) {
            const auto crop = report.set->crops.find(file_name(p));
            if (crop != report.set->crops.end() && ++seen[crop->second.photo] > 2) continue;
        }
        chosen.push_back(p);
    }
    return chosen;
}

void add_mosaics(std::string& out, const Report& report, Summary& s) {
    const auto by_score = [](const ScoredPhoto& a, const ScoredPhoto& b) {
        return a.score != b.score ? a.score > b.score : a.path < b.path;
    };
    std::sort(s.photos.begin(), s.photos.end(), by_score);
    const std::size_t count = std::min(static_cast<std::size_t>(report.mosaic), s.photos.size() / 2);
    const std::vector<ScoredPhoto> from_last(s.photos.rbegin(), s.photos.rend());
    const std::string key =
        report.set ? " Two crops of one photograph at most. Green scores were right, red ones wrong."
                   : " Green scores were right, red ones wrong.";
    const auto add = [&](const char* title, const std::string& words, const std::vector<ScoredPhoto>& photos,
                         std::size_t most) {
        add_mosaic(out, title, words, shown(report, varied(photos, report, most)), 1);
    };
    add("The best", "Highest scores, of 100, among all held-out photos." + key, s.photos, count);
    add("The worst", "Lowest scores." + key, from_last, count);

    std::vector<ScoredPhoto> wrong;
    for (const ScoredPhoto& p : s.photos) {
        if (p.label != p.answer) wrong.push_back(p);
    }
    std::sort(wrong.begin(), wrong.end(), [&](const ScoredPhoto& a, const ScoredPhoto& b) {
        const double sure_a = std::abs(a.score - 0.5), sure_b = std::abs(b.score - 0.5);
        return sure_a != sure_b ? sure_a > sure_b : a.path < b.path;
    });
    add("Where it was surest and wrong", "Mistakes, the most confident first.", wrong, count / 2);
}

void add_credits(std::string& out, const Report& report) {
    if (!report.set) return;
    out +=
        "<section>\n<h2>The photographs</h2>\n<p class=\"soft\">From Debian packages, cut and in part "
        "altered here; "
        "authors and licences as the packages state them.</p>\n<ul class=\"credits\">\n";
    for (const DemoSet::Author& a : report.set->authors) {
        std::string title = a.photo;
        std::replace(title.begin(), title.end(), '-', ' ');
        out += fmt::format("<li>{} <span class=\"soft\">· {} · {}</span></li>\n", escape_markup(title),
                           escape_markup(a.name), escape_markup(a.licence));
    }
    out += "</ul>\n</section>\n";
}

}  // namespace

std::string html(const Report& report) {
    Summary summary = summarise(report.runs);
    std::string out;
    add_head(out, report);
    add_tiles(out, report, summary);
    add_splits(out, report, summary);
    add_curves(out, report);
    add_answers(out, report, summary);
    add_mosaics(out, report, summary);
    add_credits(out, report);
    out +=
        "<footer>Made by <code>emulsion report</code>. The score is the net’s probability, in percent, that "
        "a photo is of "
        "the last class. Training sets of different splits overlap, so the interval is a guide and no "
        "proof.</footer>\n"
        "</main>\n</body>\n</html>\n";
    return out;
}

}  // namespace emulsion::apps
