// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/plot.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace emulsion::apps {
namespace {

constexpr double chart_width = 720, panel_height = 210;
constexpr double margin_left = 52, margin_right = 14, margin_top = 34, margin_bottom = 24, foot = 20;
constexpr std::size_t most_points = 600;

// Classes carry a prefix, since a page may hold several charts and styles of its own.
constexpr const char* style = R"css(<style>
.em-chart{font:12px system-ui,sans-serif;color:#1c1b1a;max-width:100%;height:auto}
.em-chart text{fill:currentColor}
.em-chart .em-soft{opacity:.65}
.em-chart .em-grid{stroke:currentColor;stroke-opacity:.13}
.em-chart .em-line{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.em-chart .em-thin{stroke-width:1.1}
.em-chart .em-0{color:#c2571a}.em-chart .em-1{color:#2f6fb7}.em-chart .em-2{color:#3f8f4f}
.em-chart .em-3{color:#8a5bb5}.em-chart .em-4{color:#b3902a}.em-chart .em-5{color:#c04f7d}
@media (prefers-color-scheme:dark){.em-chart{color:#ece9e4}
.em-chart .em-0{color:#f0904f}.em-chart .em-1{color:#7fb2ec}.em-chart .em-2{color:#7fc98d}
.em-chart .em-3{color:#bd96e3}.em-chart .em-4{color:#e0c161}.em-chart .em-5{color:#ee8fb4}}
</style>
)css";

struct Range {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    void include(double v) {
        low = std::min(low, v);
        high = std::max(high, v);
    }
    bool empty() const { return !(low <= high); }
};

std::vector<std::pair<double, double>> finite_points(const Line& line) {
    std::vector<std::pair<double, double>> kept;
    for (const auto& p : line.points) {
        if (std::isfinite(p.first) && std::isfinite(p.second)) kept.push_back(p);
    }
    return kept;
}

// Means over stretches of equally many points.
std::vector<std::pair<double, double>> thinned(std::vector<std::pair<double, double>> points) {
    if (points.size() <= most_points) return points;
    std::vector<std::pair<double, double>> means;
    for (std::size_t part = 0; part < most_points; ++part) {
        const std::size_t begin = points.size() * part / most_points;
        const std::size_t end = points.size() * (part + 1) / most_points;
        double x = 0, y = 0;
        for (std::size_t i = begin; i < end; ++i) {
            x += points[i].first;
            y += points[i].second;
        }
        const auto count = static_cast<double>(end - begin);
        means.emplace_back(x / count, y / count);
    }
    return means;
}

// Ends of an axis: a little more than the data, a flat line in the middle, no data from 0 to 1.
Range axis(Range data, bool percent) {
    if (data.empty()) return {0, 1};
    const double spread = data.high - data.low;
    const double pad = spread > 0 ? spread * 0.06 : std::max(std::abs(data.low) * 0.1, 1e-3);
    Range ends{data.low - pad, data.high + pad};
    if (data.low >= 0) ends.low = std::max(0.0, ends.low);
    if (percent) ends.high = std::min(std::max(data.high, 1.0), ends.high);
    return ends;
}

std::string tick_label(double v, bool percent) {
    if (percent) return fmt::format("{:g}%", std::round(v * 1e4) / 1e2);
    return fmt::format("{:g}", std::abs(v) < 1e-12 ? 0.0 : v);
}

struct Frame {
    Range x, y;
    double top;  ///< of the drawing area
    double height() const { return panel_height - margin_top - margin_bottom; }
    double at_x(double v) const {
        return margin_left + (v - x.low) / (x.high - x.low) * (chart_width - margin_left - margin_right);
    }
    double at_y(double v) const { return top + (1 - (v - y.low) / (y.high - y.low)) * height(); }
};

void draw_axes(std::string& out, const Frame& f, bool percent) {
    const double bottom = f.top + f.height();
    for (const double v : ticks(f.y.low, f.y.high, 5)) {
        out += fmt::format("<line class=\"em-grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
                           margin_left, chart_width - margin_right, f.at_y(v), f.at_y(v));
        out += fmt::format("<text class=\"em-soft\" text-anchor=\"end\" x=\"{}\" y=\"{:.1f}\">{}</text>\n",
                           margin_left - 7, f.at_y(v) + 4, tick_label(v, percent));
    }
    for (const double v : ticks(f.x.low, f.x.high, 8)) {
        out += fmt::format(
            "<text class=\"em-soft\" text-anchor=\"middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", f.at_x(v),
            bottom + 17, tick_label(v, false));
    }
}

void draw_line(std::string& out, const Frame& f, const Line& line) {
    const auto points = thinned(finite_points(line));
    if (points.empty()) return;
    out += fmt::format("<path class=\"em-line em-{}{}\" d=\"", line.colour, line.thin ? " em-thin" : "");
    for (std::size_t i = 0; i < points.size(); ++i) {
        out += fmt::format("{}{:.1f} {:.1f}", i == 0 ? "M" : "L", f.at_x(points[i].first),
                           f.at_y(points[i].second));
    }
    // A lone point is a path of no length, which a round cap makes visible.
    out += points.size() == 1 ? "h0\" stroke-width=\"5\"/>\n" : "\"/>\n";
}

// From the right edge leftwards, so that the title and the legend share a line.
void draw_legend(std::string& out, const Panel& panel, double top) {
    double right = chart_width - margin_right;
    for (auto line = panel.lines.rbegin(); line != panel.lines.rend(); ++line) {
        if (line->label.empty()) continue;
        out += fmt::format("<text text-anchor=\"end\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", right, top - 12,
                           escape_markup(line->label));
        right -= 7.0 * static_cast<double>(line->label.size()) + 8;
        out += fmt::format("<path class=\"em-line em-{}\" d=\"M{:.1f} {:.1f}h16\"/>\n", line->colour,
                           right - 16, top - 16);
        right -= 34;
    }
}

void draw_panel(std::string& out, const Panel& panel, const Range& x, double offset) {
    Range data;
    for (const Line& line : panel.lines) {
        for (const auto& p : thinned(finite_points(line))) data.include(p.second);
    }
    const Frame frame{x, axis(data, panel.percent), offset + margin_top};
    out += fmt::format("<text font-weight=\"600\" x=\"{}\" y=\"{:.1f}\">{}</text>\n", margin_left,
                       frame.top - 12, escape_markup(panel.title));
    draw_legend(out, panel, frame.top);
    draw_axes(out, frame, panel.percent);
    for (const Line& line : panel.lines) draw_line(out, frame, line);
}

Range shared_x(const Chart& chart) {
    Range x;
    for (const Panel& panel : chart.panels) {
        for (const Line& line : panel.lines) {
            for (const auto& p : finite_points(line)) x.include(p.first);
        }
    }
    if (x.empty()) return {0, 1};
    if (!(x.low < x.high)) return {x.low - 1, x.high + 1};
    return x;
}

}  // namespace

const char* chart_style() {
    return style;
}

std::vector<double> ticks(double low, double high, int wanted) {
    std::vector<double> values;
    if (!(low < high) || wanted < 1) return values;
    const double raw = high / wanted - low / wanted;
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    const double lead = raw / power;
    const double step = power * (lead <= 1.5 ? 1 : lead <= 3.5 ? 2 : lead <= 7.5 ? 5 : 10);
    // Where numbers lie farther apart than steps, or no step is left, only the ends can be told.
    constexpr double most_steps = 1e15;
    if (!(std::max(std::abs(low), std::abs(high)) < most_steps * step)) return {low, high};
    // Multiples of the step, not sums of it, so that no error piles up.
    for (double i = std::ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i)
        values.push_back(i * step);
    return values;
}

std::string escape_markup(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string svg(const Chart& chart) {
    const double height = panel_height * static_cast<double>(chart.panels.size()) + foot;
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"em-chart\" viewBox=\"0 0 {} {}\" width=\"{}\" "
        "height=\"{}\" role=\"img\">\n",
        chart_width, height, chart_width, height);
    out += chart_style();
    const Range x = shared_x(chart);
    for (std::size_t i = 0; i < chart.panels.size(); ++i) {
        draw_panel(out, chart.panels[i], x, panel_height * static_cast<double>(i));
    }
    out += fmt::format(
        "<text class=\"em-soft\" text-anchor=\"middle\" x=\"{}\" y=\"{:.1f}\">{}</text>\n</svg>\n",
        (margin_left + chart_width - margin_right) / 2, height - 4, escape_markup(chart.x_label));
    return out;
}

}  // namespace emulsion::apps
