// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/roofline.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "apps/common_text.h"
#include "apps/labels.h"
#include "apps/plot.h"
#include "engine/json.h"

namespace emulsion::apps {
namespace {

constexpr double width = 900, height = 702;
constexpr Box frame = {64, 84, 812, 488};
constexpr double letter_width = 6.3, letter_height = 13;  // of 11-pixel text, rather too wide than too narrow

// The ground is the picture's own: a file that is opened alone, or shown by a page that knows nothing of the
// reader's preference, must not set pale letters on white.
constexpr const char* style = R"css(<style>
.em-roofline .em-ground{fill:#fdfcfa}
.em-roofline .em-halo{paint-order:stroke;stroke:#fdfcfa;stroke-width:3px;stroke-linejoin:round}
.em-roofline .em-name{font-size:11px}
.em-roofline .em-roof{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}
.em-roofline .em-target{stroke-dasharray:7 5;stroke-width:1.5;stroke-opacity:.75}
.em-roofline .em-under{fill:currentColor;fill-opacity:.035}
.em-roofline .em-faint{stroke:currentColor;stroke-opacity:.055}
.em-roofline .em-leader{stroke:currentColor;stroke-opacity:.45}
.em-roofline .em-dot{fill:currentColor;fill-opacity:.72;stroke:currentColor;stroke-width:1.2}
.em-roofline .em-hollow{fill-opacity:.16;stroke-width:1.8}
@media (prefers-color-scheme:dark){.em-roofline .em-ground{fill:#161413}
.em-roofline .em-halo{stroke:#161413}}
</style>
)css";

int colour_of(StepKind kind) {
    constexpr int colours[] = {1, 0, 2};
    return colours[static_cast<int>(kind)];
}

std::string safe(const std::string& text) {
    return escape_markup(json::printable(text));
}

std::string text_at(double x, double y, const char* attributes, const std::string& text) {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, attributes, safe(text));
}

// Speeds on the picture are in GFLOP/s.
struct Axes {
    LogAxis x, y;
    double roof_y(const Roofline& roof, double intensity) const {
        return y.at(std::min(roof.flop_per_second, roof.bytes_per_second * intensity) * 1e-9);
    }
    double ridge_x(const Roofline& roof) const { return x.at(roof.flop_per_second / roof.bytes_per_second); }
    double peak_y(const Roofline& roof) const { return y.at(roof.flop_per_second * 1e-9); }
};

Axes axes_of(const RooflineChart& chart, const std::vector<ChartDot>& dots) {
    double left = 1e30, right = 0, low = 1e30, high = 0;
    const auto include_roof = [&](const Roofline& roof) {
        const double ridge = roof.flop_per_second / roof.bytes_per_second;
        left = std::min(left, ridge / 4);
        right = std::max(right, ridge * 4);
        high = std::max(high, roof.flop_per_second * 1e-9);
    };
    include_roof(chart.roof.roof);
    if (chart.target) include_roof(chart.target->roof);
    for (const ChartDot& dot : dots) {
        left = std::min(left, dot.intensity());
        right = std::max(right, dot.intensity());
        low = std::min(low, dot.flop_per_second() * 1e-9);
        high = std::max(high, dot.flop_per_second() * 1e-9);
    }
    left /= 1.6;
    right *= 1.6;
    low = std::min(low, chart.roof.roof.bytes_per_second * left * 1e-9);
    return {{left, right, frame.x, frame.x + frame.width},
            {low / 1.6, high * 2, frame.y + frame.height, frame.y}};
}

// Only powers of ten have a number.
bool has_number(double tick) {
    const double power = std::log10(tick);
    return std::abs(power - std::round(power)) < 1e-9;
}

std::string draw_grid(const Axes& axes) {
    const double bottom = frame.y + frame.height, right = frame.x + frame.width;
    std::string out;
    for (const double v : axes.x.ticks()) {
        const double x = axes.x.at(v);
        out += fmt::format("<line class=\"{}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>\n",
                           has_number(v) ? "em-grid" : "em-faint", x, x, frame.y, bottom);
        if (has_number(v))
            out +=
                text_at(x, bottom + 18, "class=\"em-soft\" text-anchor=\"middle\"", fmt::format("{:g}", v));
    }
    for (const double v : axes.y.ticks()) {
        const double y = axes.y.at(v);
        out += fmt::format("<line class=\"{}\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
                           has_number(v) ? "em-grid" : "em-faint", frame.x, right, y, y);
        if (has_number(v))
            out += text_at(frame.x - 8, y + 4, "class=\"em-soft\" text-anchor=\"end\"",
                           v >= 1 ? with_commas(std::llround(v)) : fmt::format("{:g}", v));
    }
    out += text_at(frame.x + frame.width / 2, bottom + 38, "text-anchor=\"middle\"",
                   "arithmetic intensity, flop for each byte of memory traffic");
    return out + fmt::format(
                     "<text transform=\"translate(18 {:.1f}) rotate(-90)\" text-anchor=\"middle\">"
                     "speed, GFLOP/s</text>\n",
                     frame.y + frame.height / 2);
}

// The middle line of the letters on a slope.
struct SlopeText {
    std::pair<double, double> from, to;
};

// A roof as it lies on the picture: it rises from the left edge to the ridge, and is flat from there.
struct RoofShape {
    double left, foot, ridge, peak, right;
    double angle() const { return std::atan2(peak - foot, ridge - left); }

    // `along` pixels up the slope, and above it.
    SlopeText text(double along, double length) const {
        const double c = std::cos(angle()), s = std::sin(angle());
        constexpr double above = 12;
        const double x = left + along * c + above * s, y = foot + along * s - above * c;
        return {{x, y}, {x + length * c, y + length * s}};
    }
};

RoofShape shape_of(const Axes& axes, const Roofline& roof) {
    return {frame.x, axes.roof_y(roof, axes.x.low), axes.ridge_x(roof), axes.peak_y(roof),
            frame.x + frame.width};
}

std::string draw_roof(const RoofShape& r, bool dashed) {
    std::string out;
    if (!dashed) {
        out += fmt::format("<path class=\"em-under\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}H{:.1f}V{}H{}Z\"/>\n",
                           r.left, r.foot, r.ridge, r.peak, r.right, frame.y + frame.height, r.left);
    }
    return out + fmt::format("<path class=\"em-roof{}\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}H{:.1f}\"/>\n",
                             dashed ? " em-target" : "", r.left, r.foot, r.ridge, r.peak, r.right);
}

void add(std::vector<Box>& obstacles, const std::vector<Box>& more) {
    obstacles.insert(obstacles.end(), more.begin(), more.end());
}

// The bandwidth is written at the first place up the slope that no dot covers.
SlopeText free_slope(const RoofShape& shape, double length, const std::vector<LabelledDot>& dots) {
    for (const double along : {16.0, 80.0, 150.0, 220.0, 290.0, 360.0}) {
        const SlopeText text = shape.text(along, length);
        const auto boxes = along_line(text.from, text.to, letter_height);
        const bool covered = std::any_of(boxes.begin(), boxes.end(), [&](const Box& box) {
            return std::any_of(dots.begin(), dots.end(), [&](const auto& dot) { return covers(dot, box); });
        });
        if (!covered && text.to.first < shape.ridge) return text;
    }
    return shape.text(16, length);
}

// A roof's two peaks, and what of the roof stands in the way of names.
std::string write_peaks(const ChartRoof& roof, const RoofShape& shape, const std::vector<LabelledDot>& dots,
                        std::vector<Box>& obstacles) {
    const std::string flat =
        json::printable(fmt::format("{}: {:.4g} GFLOP/s", roof.name, roof.roof.flop_per_second * 1e-9));
    const double flat_width = letter_width * static_cast<double>(flat.size());
    const double right = shape.right - 8, base = shape.peak - 7;
    std::string out = text_at(right, base, "class=\"em-name em-halo\" text-anchor=\"end\"", flat);
    obstacles.push_back({right - flat_width, base - letter_height, flat_width, letter_height + 4});

    const std::string slope = fmt::format("{:.4g} GB/s", roof.roof.bytes_per_second * 1e-9);
    const SlopeText text = free_slope(shape, letter_width * static_cast<double>(slope.size()), dots);
    out += fmt::format(
        "<text class=\"em-name em-halo\" transform=\"translate({:.1f} {:.1f}) rotate({:.1f}) "
        "translate(0 4)\">{}</text>\n",
        text.from.first, text.from.second, shape.angle() * 180 / std::numbers::pi, slope);
    add(obstacles, along_line(text.from, text.to, letter_height));
    add(obstacles, along_line({shape.left, shape.foot}, {shape.ridge, shape.peak}, 3));
    add(obstacles, along_line({shape.ridge, shape.peak}, {shape.right, shape.peak}, 3));
    return out;
}

double radius_of(double share) {
    return std::max(3.0, 40 * std::sqrt(share));
}

std::vector<LabelledDot> layout_of(const Axes& axes, const std::vector<ChartDot>& dots) {
    std::vector<LabelledDot> layout;
    for (const ChartDot& dot : dots)
        layout.push_back(
            {axes.x.at(dot.intensity()), axes.y.at(dot.flop_per_second() * 1e-9), radius_of(dot.share),
             letter_width * static_cast<double>(json::printable(dot.label).size()), letter_height});
    return layout;
}

std::string draw_dots(const std::vector<ChartDot>& dots, const std::vector<LabelledDot>& layout) {
    std::string out;
    for (std::size_t i = 0; i < dots.size(); ++i) {
        out += fmt::format(
            "<circle class=\"em-dot em-{}{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\"><title>{}</title>"
            "</circle>\n",
            colour_of(dots[i].kind), dots[i].hollow ? " em-hollow" : "", layout[i].x, layout[i].y,
            layout[i].radius, escape_markup(one_line(dots[i].details)));
    }
    return out;
}

std::string draw_labels(const std::vector<ChartDot>& dots, const std::vector<std::optional<Label>>& labels) {
    std::string out;
    for (std::size_t i = 0; i < dots.size(); ++i) {
        if (!labels[i]) continue;
        const Label& label = *labels[i];
        if (label.leader)
            out += fmt::format(
                "<line class=\"em-leader\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
                label.leader_from.first, label.leader_from.second, label.leader_to.first,
                label.leader_to.second);
        out += text_at(label.box.x + label.box.width / 2, label.box.y + label.box.height - 3,
                       "class=\"em-name em-halo\" text-anchor=\"middle\"", dots[i].label);
    }
    return out;
}

std::string draw_legend(const std::vector<ChartDot>& dots) {
    double x = frame.x;
    std::string out;
    const auto entry = [&](int colour, bool hollow, const std::string& text) {
        out += fmt::format("<circle class=\"em-dot em-{}{}\" cx=\"{:.1f}\" cy=\"60\" r=\"6\"/>", colour,
                           hollow ? " em-hollow" : "", x + 6);
        out += text_at(x + 18, 64, "", text);
        x += 18 + 6.6 * static_cast<double>(text.size()) + 20;
    };
    entry(colour_of(StepKind::convolution), false, "convolution");
    entry(colour_of(StepKind::fully_connected), false, "fully connected");
    entry(colour_of(StepKind::other), false, "other");
    if (std::any_of(dots.begin(), dots.end(), [](const ChartDot& dot) { return dot.hollow; }))
        entry(colour_of(StepKind::convolution), true, "hollow: backward or update");
    return out + text_at(frame.x + frame.width, 64, "class=\"em-soft\" text-anchor=\"end\"",
                         "area: share of the time");
}

std::string draw_caption(const RooflineChart& chart, double share_without_place) {
    std::vector<std::string> lines = {
        "Each dot is a step. Under the slope, memory's bandwidth limits it; under the flat part, arithmetic "
        "does.",
        "The gap up to the roof is what a better kernel could win. A dot above the roof found its data in "
        "caches."};
    if (share_without_place > 0.0005)
        lines.push_back(
            fmt::format("Steps without arithmetic (reorders, packing) have no place here; they "
                        "take {:.1f}% of the time.",
                        100 * share_without_place));
    if (chart.target) lines.push_back("Dashed: the roof of " + json::printable(chart.target->name) + ".");
    std::string out;
    double y = frame.y + frame.height + 64;
    for (const std::string& line : lines) {
        out += fmt::format("<text x=\"{}\" y=\"{:.1f}\" class=\"em-soft\">{}</text>\n", frame.x, y,
                           escape_markup(one_line(line)));
        y += 18;
    }
    return out;
}

}  // namespace

double LogAxis::at(double value) const {
    return from + std::log(value / low) / std::log(high / low) * (to - from);
}

std::vector<double> LogAxis::ticks() const {
    std::vector<double> values;
    for (double power = std::floor(std::log10(low)); power <= std::log10(high); ++power)
        for (const double lead : {1.0, 2.0, 5.0})
            if (const double v = lead * std::pow(10.0, power); v >= low && v <= high) values.push_back(v);
    return values;
}

std::string svg(const RooflineChart& chart) {
    // The largest first: small dots lie on top of large ones, and large ones choose the place of their names.
    std::vector<ChartDot> dots;
    double share_without_place = 0;
    for (const ChartDot& dot : chart.dots) {
        if (dot.has_place()) {
            dots.push_back(dot);
        } else {
            share_without_place += dot.share;
        }
    }
    std::stable_sort(dots.begin(), dots.end(),
                     [](const ChartDot& a, const ChartDot& b) { return a.share > b.share; });
    const Axes axes = axes_of(chart, dots);
    const std::vector<LabelledDot> layout = layout_of(axes, dots);

    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"em-chart em-roofline\" viewBox=\"0 0 {} {}\" "
        "width=\"{}\" height=\"{}\" role=\"img\">\n<title>{}</title>\n",
        width, height, width, height, safe(chart.title));
    out += chart_style() + std::string(style);
    out += fmt::format("<rect class=\"em-ground\" width=\"{}\" height=\"{}\" rx=\"10\"/>\n", width, height);
    out += text_at(frame.x, 34, "font-size=\"17\" font-weight=\"600\"", chart.title);
    out += draw_legend(dots) + draw_grid(axes);
    const RoofShape shape = shape_of(axes, chart.roof.roof);
    std::string peaks;
    std::vector<Box> obstacles;
    if (chart.target) {
        const RoofShape dashed = shape_of(axes, chart.target->roof);
        out += draw_roof(dashed, true);
        peaks += write_peaks(*chart.target, dashed, layout, obstacles);
    }
    out += draw_roof(shape, false);
    peaks += write_peaks(chart.roof, shape, layout, obstacles);
    out += draw_dots(dots, layout) + peaks;
    out += draw_labels(dots, place_labels(layout, frame, std::move(obstacles)));
    return out + draw_caption(chart, share_without_place) + "</svg>\n";
}

}  // namespace emulsion::apps
