// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/evaluate/roc_plot.h"

#include <spdlog/fmt/fmt.h>

#include <cmath>

#include "apps/evaluate/measures.h"
#include "apps/plot.h"

namespace emulsion::apps {
namespace {

constexpr double left = 58, top = 12, side = 300, right_margin = 24;
constexpr std::size_t colours = 6;

double at_x(double v) {
    return left + v * side;
}
double at_y(double v) {
    return top + (1 - v) * side;
}

void draw_axes(std::string& out) {
    for (int step = 0; step <= 5; ++step) {
        const double v = step / 5.0;
        out += fmt::format(
            "<path class=\"em-grid\" d=\"M{0:.1f} {1:.1f}V{2:.1f}M{3:.1f} {4:.1f}H{5:.1f}\"/>"
            "<text class=\"em-soft\" text-anchor=\"middle\" x=\"{0:.1f}\" y=\"{6:.1f}\">{7}%</text>"
            "<text class=\"em-soft\" text-anchor=\"end\" x=\"{8:.1f}\" y=\"{9:.1f}\">{7}%</text>\n",
            at_x(v), at_y(0), at_y(1), at_x(0), at_y(v), at_x(1), at_y(0) + 17, 20 * step, at_x(0) - 7,
            at_y(v) + 4);
    }
    out += fmt::format(
        "<path class=\"em-line em-thin\" stroke-dasharray=\"4 5\" opacity=\".5\" d=\"M{:.1f} {:.1f}L{:.1f} "
        "{:.1f}\"/>\n",
        at_x(0), at_y(0), at_x(1), at_y(1));
    out += fmt::format(
        "<text text-anchor=\"middle\" x=\"{:.1f}\" y=\"{:.1f}\">false positive rate: class 0 taken for class "
        "1</text><text text-anchor=\"middle\" transform=\"translate(14 {:.1f}) rotate(-90)\">true positive "
        "rate: class 1 found</text>\n",
        at_x(0.5), at_y(0) + 38, at_y(0.5));
}

/// The colour, and dashes once colours are used up.
std::string look_of(std::size_t curve) {
    return fmt::format("em-line em-{}{}", curve % colours, curve < colours ? "" : " em-dashed");
}

// Corners that lie closer than a quarter of a unit are one to the eye.
void draw_curve(std::string& out, const RocCurve& curve, std::size_t number) {
    out += fmt::format("<path class=\"{}\" d=\"", look_of(number));
    double x = -1, y = -1;
    for (std::size_t i = 0; i < curve.points.size(); ++i) {
        const auto& [fpr, tpr] = curve.points[i];
        const bool last = i + 1 == curve.points.size();
        if (!last && std::abs(at_x(fpr) - x) < 0.25 && std::abs(at_y(tpr) - y) < 0.25) continue;
        x = at_x(fpr);
        y = at_y(tpr);
        out += fmt::format("{}{:.1f} {:.1f}", i == 0 ? "M" : "L", x, y);
    }
    out += "\"/>\n";
}

}  // namespace

std::string roc_svg(const std::vector<RocCurve>& curves) {
    const double width = left + side + right_margin;
    const double height = top + side + 46;
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"em-chart\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
        "role=\"img\" aria-label=\"ROC curves\">\n{2}",
        width, height, chart_style());
    draw_axes(out);
    for (std::size_t i = 0; i < curves.size(); ++i) draw_curve(out, curves[i], i);
    return out + "<style>.em-dashed{stroke-dasharray:2 6}</style></svg>\n";
}

std::string roc_key(const std::vector<RocCurve>& curves) {
    std::string out = "<ul class=\"em-chart roc-key\">\n";
    for (std::size_t i = 0; i < curves.size(); ++i)
        out += fmt::format(
            "<li><svg viewBox=\"0 0 24 10\" width=\"24\" height=\"10\" aria-hidden=\"true\"><path "
            "class=\"{}\" "
            "d=\"M1 5h22\"/></svg><span>{}, area {}</span></li>\n",
            look_of(i), escape_markup(curves[i].name), measure_text(curves[i].area, false));
    return out + "</ul>\n";
}

}  // namespace emulsion::apps
