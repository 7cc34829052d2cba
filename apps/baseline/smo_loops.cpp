// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/smo_loops.h"

#include <limits>

namespace emulsion::baseline {
namespace {

constexpr std::int64_t lanes = 16;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The best of each lane, and where; places are doubles, to be as wide as the values.
struct Best {
    double value[lanes], place[lanes];

    Best() {
        for (std::int64_t l = 0; l < lanes; ++l) {
            value[l] = -infinity;
            place[l] = -1;
        }
    }
    void offer(std::int64_t lane, double candidate, double where) {
        const bool better = candidate > value[lane];
        value[lane] = better ? candidate : value[lane];
        place[lane] = better ? where : place[lane];
    }
    Place all() const {
        Place best{-1, -infinity};
        for (std::int64_t l = 0; l < lanes; ++l) {
            const auto where = static_cast<std::int64_t>(place[l]);
            if (value[l] > best.value || (value[l] == best.value && where >= 0 && where < best.index))
                best = {where, value[l]};
        }
        return best;
    }
};

/// body(k, lane) for all k, in rounds of `lanes`.
template <class Body>
inline void in_lanes(std::int64_t count, Body&& body) {
    std::int64_t k = 0;
    for (; k + lanes <= count; k += lanes)
        for (std::int64_t l = 0; l < lanes; ++l) body(k + l, l);
    for (std::int64_t l = 0; k + l < count; ++l) body(k + l, l);
}

}  // namespace

Place largest_violation(const double* gradient, const double* bar, std::int64_t count) {
    Best best;
    in_lanes(count, [&](std::int64_t k, std::int64_t l) {
        best.offer(l, bar[k] - gradient[k], static_cast<double>(k));
    });
    return best.all();
}

SecondChoice second_order_choice(const double* gradient, const double* bar, const float* row,
                                 const float* diagonals, double diagonal, double violation,
                                 std::int64_t count) {
    Best best;
    double least[lanes];
    for (double& value : least) value = infinity;
    in_lanes(count, [&](std::int64_t k, std::int64_t l) {
        const double value = bar[k] - gradient[k];
        least[l] = value < least[l] ? value : least[l];
        const double b = violation - value;
        const double a = diagonal + static_cast<double>(diagonals[k]) - 2 * static_cast<double>(row[k]);
        const double gain = b * b / (a > 0 ? a : least_curvature);
        best.offer(l, b > 0 ? gain : -infinity, static_cast<double>(k));
    });
    SecondChoice choice{best.all().index, infinity};
    for (const double value : least) choice.least = value < choice.least ? value : choice.least;
    return choice;
}

void move_gradient(double* gradient, const float* first, const float* second, double step,
                   std::int64_t count) {
    for (std::int64_t k = 0; k < count; ++k)
        gradient[k] += step * (static_cast<double>(first[k]) - static_cast<double>(second[k]));
}

}  // namespace emulsion::baseline
