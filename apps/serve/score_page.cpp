// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The page of scores for browsers without JavaScript: the words and digits of apps/web/score.js, in its style
// sheets.

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "apps/serve/answers.h"

namespace emulsion::serve {
namespace {

constexpr double percent = 100.0;

constexpr std::string_view head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Photo critic: scores</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
<link rel="stylesheet" href="/gallery.css">
</head>
<body class="plain">
<header class="masthead">
<p class="kicker">Emulsion</p>
<h1>Photo critic</h1>
</header>
<main id="table">
)";

constexpr std::string_view foot = R"(</tbody>
</table>
<p><a class="button main" href="/">Judge more photographs</a></p>
</main>
<footer class="colophon">
<p>A score is how sure the net is that a photograph is among the better ones, in percent.</p>
</footer>
</body>
</html>
)";

/// Never 0 or 100 for what is none.
std::string score_text(double score) {
    std::string text = fmt::format("{:.1f}", score);
    if (text == "100.0" && score < 100) return "> 99.9";
    if (text == "0.0" && score > 0) return "< 0.1";
    return text;
}

std::string verdict(const Judged& photo) {
    if (photo.refusal)
        return fmt::format("<td><span class=\"why\">{}</span></td>", html_text(photo.refusal->message));
    const double score = percent * photo.probability;
    const double rating = photo.percentile ? *photo.percentile : score;
    const std::string number = photo.percentile ? std::to_string(*photo.percentile) : score_text(score);
    const std::string words =
        photo.percentile ? fmt::format("better than {}% of the reference photographs, <span>score {}</span>",
                                       *photo.percentile, html_text(score_text(score)))
                         : "";
    return fmt::format(
        "<td data-grade=\"{}\"><b class=\"score\">{}</b> <span class=\"raw\">{}</span>"
        "<meter min=\"0\" max=\"100\" value=\"{:.1f}\" aria-hidden=\"true\"></meter></td>",
        std::lround(rating / 12.5), html_text(number), words, rating);
}

/// The best first; those without a score last, in their order.
std::vector<const Judged*> best_first(const std::vector<Judged>& photos) {
    std::vector<const Judged*> order;
    for (const Judged& photo : photos) order.push_back(&photo);
    const auto rank = [](const Judged* photo) { return photo->refusal ? -1.0 : photo->probability; };
    std::ranges::stable_sort(order, std::ranges::greater(), rank);
    return order;
}

}  // namespace

Response score_page(const std::vector<Judged>& photos) {
    const auto judged = std::ranges::count_if(photos, [](const Judged& photo) { return !photo.refusal; });
    Response response;
    response.type = "text/html; charset=utf-8";
    response.body = head;
    response.body += fmt::format(
        "<h2>{} photograph{} judged</h2>\n<table>\n"
        "<thead><tr><th scope=\"col\">Photograph</th><th scope=\"col\">Score</th></tr></thead>\n<tbody>\n",
        judged, judged == 1 ? "" : "s");
    for (const Judged* photo : best_first(photos))
        response.body += fmt::format("<tr><th scope=\"row\" class=\"name\">{}</th>{}</tr>\n",
                                     html_text(photo->name.value_or("photo")), verdict(*photo));
    response.body += foot;
    return response;
}

}  // namespace emulsion::serve
