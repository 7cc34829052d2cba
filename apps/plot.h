// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Line charts as SVG: small, self-contained, and legible on light and dark ground alike.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace emulsion::apps {

/// One curve. Points ascend in x; those with a value that is not finite are left out.
struct Line {
    std::string label;  ///< empty: not in the legend
    int colour = 0;     ///< 0..5 of a palette made for both grounds
    bool thin = false;
    std::vector<std::pair<double, double>> points;
};

/// One set of axes. Panels of a chart stand one below the other and share the x axis.
struct Panel {
    std::string title;
    bool percent = false;  ///< values are fractions, and the axis says 0% .. 100% of them
    std::vector<Line> lines;
};

struct Chart {
    std::string x_label;
    std::vector<Panel> panels;
};

/// The chart as one <svg> element with its own style, 720 units wide, which scales to its container.
/// Curves with more points than the eye can tell apart are drawn through the means of short stretches.
std::string svg(const Chart&);

/// The <style> of all charts: type, grid, and the palette as classes em-0 to em-5, which set currentColor.
const char* chart_style();

/// Round numbers (1, 2 or 5 times a power of ten apart), about `wanted` of them, within [low, high].
std::vector<double> ticks(double low, double high, int wanted);

/// Text as it may stand in HTML and SVG, attributes included.
std::string escape_markup(const std::string& text);

}  // namespace emulsion::apps
