// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/histogram_plot.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "apps/plot.h"

namespace emulsion::apps {
namespace {

constexpr double page_width = 720, page_height = 300, left = 62, right = 14, top = 34, bottom = 58;

/// From scores and counts to places on the page.
struct Axes {
    double low, high, most;
    // Of halves, since scores may be as far apart as no number says.
    double x(double score) const {
        const double place = (score / 2 - low / 2) / (high / 2 - low / 2);
        return left + place * (page_width - left - right);
    }
    double y(double count) const { return top + (1 - count / most) * (page_height - top - bottom); }
};

/// Multiples of a step come to -0 where they should be 0.
double without_sign(double v) {
    return v == 0 ? 0 : v;
}

/// "40k", so that labels stay short.
std::string short_count(double count) {
    if (count >= 1e6) return fmt::format("{:g}M", count / 1e6);
    if (count >= 1e4) return fmt::format("{:g}k", count / 1e3);
    return fmt::format("{:g}", count);
}

void draw_axes(std::string& out, const Axes& axes, const std::string& x_label) {
    for (const double count : ticks(0, axes.most, 5)) {
        if (count != std::floor(count)) continue;
        out += fmt::format("<line class=\"em-grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", left,
                           page_width - right, axes.y(count), axes.y(count));
        out += fmt::format("<text class=\"em-soft\" text-anchor=\"end\" x=\"{}\" y=\"{:.1f}\">{}</text>\n",
                           left - 7, axes.y(count) + 4, short_count(without_sign(count)));
    }
    for (const double score : ticks(axes.low, axes.high, 8)) {
        out += fmt::format(
            "<text class=\"em-soft\" text-anchor=\"middle\" x=\"{:.1f}\" y=\"{:.1f}\">{:g}</text>\n",
            axes.x(score), page_height - bottom + 20, without_sign(score));
    }
    out += fmt::format(
        "<text class=\"em-soft\" text-anchor=\"middle\" x=\"{:.1f}\" y=\"{:.1f}\">score: {}</text>\n",
        (left + page_width - right) / 2, page_height - 8, escape_markup(x_label));
    out += fmt::format("<text class=\"em-soft\" x=\"{}\" y=\"{}\">photos</text>\n", 8, top - 16);
}

/// A part of a bar.
void draw_bar(std::string& out, const Axes& axes, double from, double to, double count, const char* shade) {
    if (count <= 0 || !(to > from)) return;
    constexpr double gap = 0.6;
    const double x = axes.x(from), width = std::max(axes.x(to) - x - gap, 0.3);
    out += fmt::format("<rect class=\"{}\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\"/>\n",
                       shade, x, axes.y(count), width, axes.y(0) - axes.y(count));
}

void draw_key(std::string& out) {
    struct Entry {
        const char *shade, *words;
        double x;
    };
    for (const Entry& e :
         {Entry{"em-bad", "bad", 420}, Entry{"em-middle", "not used", 495}, Entry{"em-good", "good", 610}}) {
        out += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"11\" width=\"14\" height=\"10\" rx=\"2\"/>",
                           e.shade, e.x);
        out += fmt::format("<text x=\"{}\" y=\"20\">{}</text>\n", e.x + 20, e.words);
    }
}

}  // namespace

std::string histogram_svg(const Histogram& histogram, double bad_end, double good_end,
                          const std::string& x_label) {
    Axes axes{histogram.low, histogram.high, 1};
    if (!(axes.low / 2 <
          axes.high / 2)) {  // of equal scores alone, the axis is one wide, or what can be told apart
        const double half = std::max(0.5, std::abs(axes.low) * 1e-6);
        axes = {axes.low - half, axes.low + half, 1};
    }
    for (const std::uint64_t count : histogram.counts)
        axes.most = std::max(axes.most, static_cast<double>(count));
    axes.most *= 1.06;
    const auto bars = static_cast<double>(histogram.counts.size());
    const double low = axes.low, width = axes.high / bars - axes.low / bars;
    std::string out = fmt::format(
        "<svg class=\"em-chart em-bars\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"How many photos "
        "have which "
        "score\">\n"
        "<style>.em-bad{{fill:#2f6fb7}}.em-good{{fill:#c2571a}}.em-middle{{fill:currentColor;fill-opacity:."
        "22}}"
        "@media (prefers-color-scheme:dark){{.em-bad{{fill:#7fb2ec}}.em-good{{fill:#f0904f}}}}"
        "@media (max-width:520px){{.em-bars text{{font-size:20px}}}}</style>\n",
        page_width, page_height);
    out += chart_style();
    draw_axes(out, axes, x_label);
    for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
        const double from = low + width * static_cast<double>(i), to = from + width;
        const double bad_to = std::clamp(bad_end, from, to), good_from = std::clamp(good_end, bad_to, to);
        const auto count = static_cast<double>(histogram.counts[i]);
        draw_bar(out, axes, from, bad_to, count, "em-bad");
        draw_bar(out, axes, bad_to, good_from, count, "em-middle");
        draw_bar(out, axes, good_from, to, count, "em-good");
    }
    draw_key(out);
    return out + "</svg>\n";
}

}  // namespace emulsion::apps
