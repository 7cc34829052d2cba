// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "apps/common_text.h"
#include "apps/evaluate/evaluation.h"
#include "apps/evaluate/roc_plot.h"
#include "apps/mosaic.h"
#include "apps/plot.h"
#include "apps/report_style.h"

namespace emulsion::apps {
namespace {

constexpr const char* own_style =
    R"css(td small{display:block;color:var(--soft);font-size:12.5px;white-space:nowrap}
.judges th[scope=row]{color:var(--ink);overflow-wrap:anywhere}
.roc{max-width:560px}.roc figcaption{padding:10px 0 0;font-size:14px}
.card .roc-key{list-style:none;margin:10px 0 0;padding:0;font-size:14px}
.roc-key li{display:flex;gap:9px;align-items:baseline;overflow-wrap:anywhere;padding:3px 0}
.card .roc-key svg{width:24px;flex:none}
/* A phone has no room for five columns: there each judge is a list of its measures. */
@media (max-width:620px){.judges,.judges tbody,.judges tr,.judges th{display:block}
.judges tr:first-child{display:none}
.judges tr>th[scope=row]{font-weight:600;padding:14px 6px 4px}.judges tr:nth-child(2)>th{border:0;padding-top:2px}
.judges td{display:grid;grid-template-columns:1fr 4em 10em;border:0;padding:2px 6px;align-items:baseline}
.judges td:last-child{padding-bottom:14px}
.judges td::before{content:attr(data-measure);text-align:left;color:var(--soft)}}
)css";

void add_table(std::string& out, const Evaluated& e, const std::vector<Estimates>& rows, std::size_t first,
               bool difference) {
    out += "<div class=\"card\"><table class=\"rows judges\">\n<tr><th></th>";
    for (const char* name : measure_names) out += fmt::format("<th scope=\"col\">{}</th>", name);
    out += "</tr>\n";
    for (std::size_t j = first; j < rows.size(); ++j) {
        out += fmt::format("<tr><th scope=\"row\">{}</th>", escape_markup(e.comparison.judges[j].name));
        for (std::size_t i = 0; i < measure_count; ++i) {
            const Estimate& m = rows[j][i];
            out += fmt::format("<td data-measure=\"{}\">{}<small>{} to {}</small></td>", measure_names[i],
                               measure_text(m.value, difference), measure_text(m.low, difference),
                               measure_text(m.high, difference));
        }
        out += "</tr>\n";
    }
    out += "</table></div>\n";
}

std::string curves(const Evaluated& e) {
    std::vector<RocCurve> roc;
    for (std::size_t j = 0; j < e.comparison.judges.size(); ++j) {
        const Comparison::Judge& judge = e.comparison.judges[j];
        roc.push_back({judge.name, e.result.judges[j].back().value, roc_curve(e.comparison, judge)});
    }
    return roc_svg(roc) + roc_key(roc);
}

/// The paper's last figure, for each judge: what it likes most and least.
void add_mosaics(std::string& out, const Comparison& comparison, const Comparison::Judge& judge, int mosaic,
                 int threads) {
    std::vector<std::size_t> order(comparison.photos());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return judge.scores[a] > judge.scores[b]; });
    const std::size_t count = std::min(static_cast<std::size_t>(mosaic), order.size() / 2);
    const auto shown = [&](auto first) {
        std::vector<MosaicPhoto> photos;
        for (auto at = first; photos.size() < count; ++at) {
            const std::string name = std::filesystem::path(comparison.paths[*at]).filename().string();
            photos.push_back({comparison.paths[*at], name, fixed(judge.scores[*at], 3), name,
                              judge.answers[*at] == comparison.labels[*at] ? "right" : "wrong"});
        }
        return photos;
    };
    const std::string name = escape_markup(judge.name);
    add_mosaic(out, "The best by " + name,
               "Its highest scores, the best first. Green scores were right, red ones wrong.",
               shown(order.begin()), threads);
    add_mosaic(out, "The worst by " + name, "Its lowest scores, the worst first.", shown(order.rbegin()),
               threads);
}

}  // namespace

std::string evaluation_page(const Evaluated& e, const std::string& title, int mosaic, int threads) {
    const bool folds = e.comparison.fold_count > 1;
    std::string out = fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\">\n<title>{0}</title>\n<style>{1}{2}</style>\n"
        "</head>\n<body>\n<main>\n<header>\n<p class=\"kicker\">Emulsion</p>\n<h1>{0}</h1>\n</header>\n",
        escape_markup(title), report_style, own_style);
    out += fmt::format(
        "<p>{} photos that no judge had learnt from{}. Precision, recall and F1 are those of "
        "class 1, the pleasing photos.</p>\n<h2>Judges</h2>\n",
        with_commas(static_cast<std::int64_t>(e.comparison.photos())),
        folds ? fmt::format(", held out in {} folds", e.comparison.fold_count) : "");
    add_table(out, e, e.result.judges, 0, false);
    out += fmt::format(
        "<p class=\"soft\">Below each figure its 95% interval: the photos were drawn anew, with "
        "replacement, {} times (seed {}). It covers the choice of photos, not that of another "
        "training run.{}</p>\n",
        with_commas(e.options.draws), e.options.seed,
        folds ? " Answers of all folds are counted together; photos are drawn within their "
                "fold, and the area compares photos of one fold alone."
              : "");
    if (e.comparison.judges.size() > 1) {
        out += fmt::format("<h2>Difference to {}</h2>\n", escape_markup(e.comparison.judges[0].name));
        add_table(out, e, e.result.differences, 1, true);
        out +=
            "<p class=\"soft\">Paired: both judges on the same photos in every draw. An interval that holds "
            "0 leaves open which of the two is better.</p>\n";
    }
    out += fmt::format(
        "<h2>ROC</h2>\n<figure class=\"card roc\">\n{}<figcaption>Share of pleasing photos found, over the "
        "share of others taken for pleasing, as the threshold on the score falls. Dashed: a judge that "
        "guesses.{}</figcaption>\n</figure>\n",
        curves(e), folds ? " Each curve is the mean of those of the folds." : "");
    for (const Comparison::Judge& judge : e.comparison.judges)
        add_mosaics(out, e.comparison, judge, mosaic, threads);
    out += "</main>\n</body>\n</html>\n";
    return out;
}

}  // namespace emulsion::apps
