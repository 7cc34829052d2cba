// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Names beside dots, so that none covers another name, a dot or a line.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace emulsion::apps {

/// x and y of the upper left corner; y grows downwards, as in SVG.
struct Box {
    double x = 0, y = 0, width = 0, height = 0;

    bool overlaps(const Box&) const;
    bool within(const Box& outer) const;
};

/// A dot, and the size of its name as it will be drawn.
struct LabelledDot {
    double x = 0, y = 0, radius = 0, width = 0, height = 0;
};

/// Whether the dot reaches into the box.
bool covers(const LabelledDot&, const Box&);

struct Label {
    Box box;
    bool leader = false;  ///< so far from its dot that a line must join the two
    std::pair<double, double> leader_from, leader_to;
};

/// Places the names one after the other, the first ones best: each at the first free place close to its dot,
/// first to the right, left, above and below, then farther away. A name for which there is none gets none.
/// The same input gives the same places.
std::vector<std::optional<Label>> place_labels(std::span<const LabelledDot>, const Box& frame,
                                               std::vector<Box> obstacles);

/// Small boxes along a straight line, as obstacles.
std::vector<Box> along_line(std::pair<double, double> from, std::pair<double, double> to, double thickness);

}  // namespace emulsion::apps
