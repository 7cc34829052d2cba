// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The roofline picture (Williams, Waterman, Patterson 2009): each step of a net a dot under the machine's
// roof.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/measure.h"
#include "kernels/kernels.h"

namespace emulsion::apps {

enum class StepKind { convolution, fully_connected, other };

struct ChartDot {
    std::string label;
    StepKind kind = StepKind::other;
    bool hollow = false;  ///< of the backward pass, or of the update
    kernels::Cost cost;
    double seconds = 0, share = 0;  ///< of the time of all steps
    std::string details;            ///< shown when pointed at

    double intensity() const { return cost.flop / cost.bytes; }  ///< flop a byte
    double flop_per_second() const { return cost.flop / seconds; }
    /// A step without arithmetic, bytes or time has no place on logarithmic axes.
    bool has_place() const { return cost.flop > 0 && cost.bytes > 0 && seconds > 0; }
};

struct ChartRoof {
    std::string name;
    Roofline roof;
};

struct RooflineChart {
    std::string title;
    ChartRoof roof;
    std::optional<ChartRoof> target;  ///< dashed
    std::vector<ChartDot> dots;
};

/// One <svg> file by itself, 900 units wide, with its own ground, light or dark as the reader prefers.
std::string svg(const RooflineChart&);

/// A logarithmic axis: from `low` at coordinate `from` to `high` at `to`.
struct LogAxis {
    double low = 1, high = 10, from = 0, to = 1;

    double at(double value) const;
    /// 1, 2 and 5 times the powers of ten from low to high.
    std::vector<double> ticks() const;
};

}  // namespace emulsion::apps
