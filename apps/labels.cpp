// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/labels.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace emulsion::apps {
namespace {

constexpr double diagonal = 0.7071, flat = 0.9239, steep = 0.3827;
// Where a name stands, seen from its dot, in order of preference.
constexpr std::array<std::pair<double, double>, 16> directions = {{{1, 0},
                                                                   {-1, 0},
                                                                   {0, -1},
                                                                   {0, 1},
                                                                   {diagonal, -diagonal},
                                                                   {-diagonal, -diagonal},
                                                                   {diagonal, diagonal},
                                                                   {-diagonal, diagonal},
                                                                   {flat, -steep},
                                                                   {-flat, -steep},
                                                                   {flat, steep},
                                                                   {-flat, steep},
                                                                   {steep, -flat},
                                                                   {-steep, -flat},
                                                                   {steep, flat},
                                                                   {-steep, flat}}};
constexpr std::array<double, 7> gaps = {4, 10, 18, 28, 40, 56, 74};
constexpr double longest_without_leader = 4;

Label candidate(const LabelledDot& dot, std::pair<double, double> direction, double gap) {
    const auto [dx, dy] = direction;
    const double reach = dot.radius + gap;
    // The nearest point of the name; the name lies on its far side.
    const double x = dot.x + dx * reach, y = dot.y + dy * reach;
    const double left = dx > 0 ? x : dx < 0 ? x - dot.width : x - dot.width / 2;
    const double top = dy > 0 ? y : dy < 0 ? y - dot.height : y - dot.height / 2;
    return {{left, top, dot.width, dot.height},
            gap > longest_without_leader,
            {dot.x + dx * dot.radius, dot.y + dy * dot.radius},
            {x - dx, y - dy}};
}

bool free_of(const std::vector<Box>& taken, const Box& box) {
    return std::none_of(taken.begin(), taken.end(), [&](const Box& other) { return other.overlaps(box); });
}

// Dots, lines and names that are there already.
struct Ground {
    std::span<const LabelledDot> dots;
    Box frame;
    std::vector<Box> obstacles, names;

    bool has_room(const Label& label) const {
        if (!label.box.within(frame) || !free_of(obstacles, label.box) || !free_of(names, label.box))
            return false;
        if (std::any_of(dots.begin(), dots.end(), [&](const auto& dot) { return covers(dot, label.box); }))
            return false;
        if (!label.leader) return true;
        const auto line = along_line(label.leader_from, label.leader_to, 1);
        return std::all_of(line.begin(), line.end(), [&](const Box& part) { return free_of(names, part); });
    }

    std::optional<Label> place(const LabelledDot& dot) {
        for (const double gap : gaps) {
            for (const auto& direction : directions) {
                const Label label = candidate(dot, direction, gap);
                if (!has_room(label)) continue;
                names.push_back(label.box);
                if (label.leader) {
                    const auto line = along_line(label.leader_from, label.leader_to, 1);
                    obstacles.insert(obstacles.end(), line.begin(), line.end());
                }
                return label;
            }
        }
        return std::nullopt;
    }
};

}  // namespace

bool Box::overlaps(const Box& other) const {
    return x < other.x + other.width && other.x < x + width && y < other.y + other.height &&
           other.y < y + height;
}

bool Box::within(const Box& outer) const {
    return x >= outer.x && y >= outer.y && x + width <= outer.x + outer.width &&
           y + height <= outer.y + outer.height;
}

bool covers(const LabelledDot& dot, const Box& box) {
    const double x = std::clamp(dot.x, box.x, box.x + box.width);
    const double y = std::clamp(dot.y, box.y, box.y + box.height);
    return std::hypot(x - dot.x, y - dot.y) < dot.radius + 1;
}

std::vector<std::optional<Label>> place_labels(std::span<const LabelledDot> dots, const Box& frame,
                                               std::vector<Box> obstacles) {
    Ground ground{dots, frame, std::move(obstacles), {}};
    std::vector<std::optional<Label>> labels;
    for (const LabelledDot& dot : dots) labels.push_back(ground.place(dot));
    return labels;
}

std::vector<Box> along_line(std::pair<double, double> from, std::pair<double, double> to, double thickness) {
    const double length = std::hypot(to.first - from.first, to.second - from.second);
    const int parts = std::max(1, static_cast<int>(std::ceil(length / std::max(1.0, thickness))));
    std::vector<Box> boxes;
    for (int i = 0; i <= parts; ++i) {
        const double t = static_cast<double>(i) / parts;
        boxes.push_back({from.first + t * (to.first - from.first) - thickness / 2,
                         from.second + t * (to.second - from.second) - thickness / 2, thickness, thickness});
    }
    return boxes;
}

}  // namespace emulsion::apps
