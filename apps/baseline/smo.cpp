// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/smo.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "apps/baseline/smo_loops.h"

namespace emulsion::baseline {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Steps between two looks at what can be left out.
constexpr std::int64_t shrink_interval = 1000;
/// Leaving out fewer than one in eight is not worth moving the rows.
constexpr std::int64_t worthwhile = 8;

constexpr std::size_t at(std::int64_t i) {
    return static_cast<std::size_t>(i);
}

}  // namespace

SmoSolver::SmoSolver(KernelRows& rows, std::vector<std::int8_t> labels, const SmoOptions& options)
    : rows_(rows), labels_(std::move(labels)), options_(options), beta_(labels_.size(), 0.0) {
    rows_.unshrink();
    const std::size_t count = labels_.size();
    active_.sample.resize(count);
    std::iota(active_.sample.begin(), active_.sample.end(), 0);
    active_.beta.assign(count, 0.0);
    active_.up_bar.resize(count);
    active_.low_bar.resize(count);
    for (std::size_t k = 0; k < count; ++k) {
        active_.gradient.push_back(-static_cast<double>(labels_[k]));
        active_.diagonal.push_back(rows_.diagonal(static_cast<std::int32_t>(k)));
    }
}

double SmoSolver::low_end(std::int32_t sample) const {
    return labels_[at(sample)] > 0 ? 0.0 : -c_;
}
double SmoSolver::high_end(std::int32_t sample) const {
    return labels_[at(sample)] > 0 ? c_ : 0.0;
}

void SmoSolver::set_bars(std::int64_t place) {
    const std::int32_t sample = active_.sample[at(place)];
    active_.up_bar[at(place)] = active_.beta[at(place)] < high_end(sample) ? 0.0 : -infinity;
    active_.low_bar[at(place)] = active_.beta[at(place)] > low_end(sample) ? 0.0 : infinity;
}

// Along the ray through the former solution the objective is a parabola, 1/2 s^2 beta' K beta - s y' beta:
// its least point that the new C allows is where to go on. Coefficients held down by the former C rise with
// it; those that were free stay near where they were.
void SmoSolver::start(double c) {
    double linear = 0, quadratic = 0;
    for (std::size_t k = 0; k < labels_.size(); ++k) {
        const double y = labels_[k];
        linear += y * active_.beta[k];
        quadratic += active_.beta[k] * (active_.gradient[k] + y);
    }
    double scale = 0;
    if (c >= c_ && c_ > 0) scale = quadratic > 0 ? std::clamp(linear / quadratic, 1.0, c / c_) : 1.0;
    c_ = c;
    for (std::size_t k = 0; k < labels_.size(); ++k) {
        const double y = labels_[k];
        double& beta = active_.beta[k];
        const std::int32_t sample = active_.sample[k];
        active_.gradient[k] = scale * (active_.gradient[k] + y) - y;
        beta = std::clamp(scale * beta, low_end(sample), high_end(sample));
        set_bars(static_cast<std::int64_t>(k));
    }
    near_the_end_ = false;
    iterations_ = 0;
}

SmoSolution SmoSolver::solve(double c) {
    start(c);
    const std::int64_t count = rows_.count();
    const std::int64_t most = std::max<std::int64_t>(10'000'000, 100 * count);
    const std::int64_t interval = std::min(count, shrink_interval);
    std::int64_t until_shrink = interval;
    while (iterations_ < most) {
        if (options_.shrinking && --until_shrink <= 0) {
            until_shrink = interval;
            shrink();
        }
        Pair pair = choose();
        if (pair.gap < options_.tolerance) {
            if (active_count() == count) break;
            unshrink();
            pair = choose();
            if (pair.gap < options_.tolerance) break;
            until_shrink = 1;  // what was left out rightly goes again at once
        }
        step(pair);
        ++iterations_;
    }
    if (active_count() < count) unshrink();
    return solution();
}

SmoSolver::Pair SmoSolver::choose() {
    Pair pair;
    const std::int64_t count = active_count();
    const Place up = largest_violation(active_.gradient.data(), active_.up_bar.data(), count);
    if (up.index < 0) return pair;
    pair.up = up.index;
    const std::int32_t sample = active_.sample[at(up.index)];
    fetch_candidates(sample);
    pair.up_row = rows_.row(sample);
    const SecondChoice low = second_order_choice(
        active_.gradient.data(), active_.low_bar.data(), pair.up_row, active_.diagonal.data(),
        static_cast<double>(active_.diagonal[at(up.index)]), up.value, count);
    pair.low = low.index;
    pair.gap = low.index < 0 ? 0 : up.value - low.least;
    if (low.index >= 0) pair.low_row = rows_.row(active_.sample[at(low.index)]);
    return pair;
}

// Where rows cost a product each, a block of them costs little more than one: beside the row that is needed
// now, those of the samples that violate the conditions most, which are likely to be needed next.
void SmoSolver::fetch_candidates(std::int32_t sample) {
    const std::int64_t block = rows_.block();
    if (block <= 2 || rows_.cached(sample)) return;
    std::vector<std::int32_t> wanted{sample};
    std::vector<std::int32_t> order(active_.sample.size());
    std::iota(order.begin(), order.end(), 0);
    const auto take = [&](const std::vector<double>& bar, double sign) {
        const auto violation = [&](std::int32_t k) { return sign * (bar[at(k)] - active_.gradient[at(k)]); };
        const auto half = static_cast<std::ptrdiff_t>(std::min(at((block - 1) / 2), order.size()));
        std::partial_sort(order.begin(), order.begin() + half, order.end(),
                          [&](std::int32_t a, std::int32_t b) {
                              return violation(a) != violation(b) ? violation(a) > violation(b) : a < b;
                          });
        for (auto k = order.begin(); k != order.begin() + half; ++k)
            if (violation(*k) > -infinity && active_.sample[at(*k)] != sample)
                wanted.push_back(active_.sample[at(*k)]);
    };
    take(active_.up_bar, 1);
    take(active_.low_bar, -1);
    std::sort(wanted.begin() + 1, wanted.end());
    wanted.erase(std::unique(wanted.begin() + 1, wanted.end()), wanted.end());
    rows_.fetch(wanted);
}

// Moves along the pair to the least point of the objective, or to the end of the first that is at its end.
void SmoSolver::step(const Pair& pair) {
    double &up = active_.beta[at(pair.up)], &low = active_.beta[at(pair.low)];
    const double curvature = static_cast<double>(active_.diagonal[at(pair.up)]) +
                             static_cast<double>(active_.diagonal[at(pair.low)]) -
                             2 * static_cast<double>(pair.up_row[pair.low]);
    const double slope = active_.gradient[at(pair.low)] - active_.gradient[at(pair.up)];
    const double up_end = high_end(active_.sample[at(pair.up)]);
    const double low_end_ = low_end(active_.sample[at(pair.low)]);
    const double up_room = up_end - up, low_room = low - low_end_;
    const double move = std::min({slope / std::max(curvature, least_curvature), up_room, low_room});
    up = move == up_room ? up_end : up + move;
    low = move == low_room ? low_end_ : low - move;
    set_bars(pair.up);
    set_bars(pair.low);
    move_gradient(active_.gradient.data(), pair.up_row, pair.low_row, move, active_count());
}

// Leaves out samples at an end that they will hardly leave: beyond all that still violate the conditions.
void SmoSolver::shrink() {
    double up = -infinity, low = infinity;
    for (std::int64_t k = 0; k < active_count(); ++k) {
        up = std::max(up, active_.up_bar[at(k)] - active_.gradient[at(k)]);
        low = std::min(low, active_.low_bar[at(k)] - active_.gradient[at(k)]);
    }
    if (!near_the_end_ && up - low <= 10 * options_.tolerance) {
        // Close to the end it counts to be right: once, all come back.
        near_the_end_ = true;
        if (active_count() < rows_.count()) unshrink();
    }
    std::vector<std::int32_t> places;
    for (std::int64_t k = 0; k < active_count(); ++k) {
        const double value = -active_.gradient[at(k)];
        const bool at_high = active_.up_bar[at(k)] != 0, at_low = active_.low_bar[at(k)] != 0;
        if (!(at_high && value > up) && !(at_low && value < low))
            places.push_back(static_cast<std::int32_t>(k));
    }
    const std::int64_t left_out = active_count() - static_cast<std::int64_t>(places.size());
    if (left_out * worthwhile >= active_count()) keep(places);
}

void SmoSolver::keep(std::span<const std::int32_t> places) {
    for (std::size_t k = 0; k < active_.sample.size(); ++k) beta_[at(active_.sample[k])] = active_.beta[k];
    const auto keep_of = [&](auto& values) {
        for (std::size_t k = 0; k < places.size(); ++k) values[k] = values[at(places[k])];
        values.resize(places.size());
    };
    keep_of(active_.sample);
    keep_of(active_.beta);
    keep_of(active_.gradient);
    keep_of(active_.up_bar);
    keep_of(active_.low_bar);
    keep_of(active_.diagonal);
    rows_.shrink(places);
}

// Brings all samples back, with the gradients of those left out computed anew.
void SmoSolver::unshrink() {
    const std::size_t count = labels_.size();
    std::vector<double> gradient(count);
    std::vector<char> is_active(count, 0);
    for (std::size_t k = 0; k < active_.sample.size(); ++k) {
        const std::size_t sample = at(active_.sample[k]);
        beta_[sample] = active_.beta[k];
        gradient[sample] = active_.gradient[k];
        is_active[sample] = 1;
    }
    std::vector<std::int32_t> missing, targets;
    for (std::size_t k = 0; k < count; ++k) {
        if (is_active[k] != 0) continue;
        missing.push_back(static_cast<std::int32_t>(k));
        targets.push_back(rows_.member(static_cast<std::int32_t>(k)));
    }
    std::vector<double> sums(missing.size(), 0.0);
    rows_.accumulate(beta_, targets, sums);
    for (std::size_t t = 0; t < missing.size(); ++t)
        gradient[at(missing[t])] = sums[t] - static_cast<double>(labels_[at(missing[t])]);

    rows_.unshrink();
    active_.sample.resize(count);
    std::iota(active_.sample.begin(), active_.sample.end(), 0);
    active_.beta = beta_;
    active_.gradient = std::move(gradient);
    active_.up_bar.resize(count);
    active_.low_bar.resize(count);
    active_.diagonal.resize(count);
    for (std::size_t k = 0; k < count; ++k) {
        active_.diagonal[k] = rows_.diagonal(static_cast<std::int32_t>(k));
        set_bars(static_cast<std::int64_t>(k));
    }
}

SmoSolution SmoSolver::solution() const {
    SmoSolution result;
    result.beta = active_.beta;
    result.rho = rho();
    for (std::size_t k = 0; k < labels_.size(); ++k)
        result.objective += active_.beta[k] * (active_.gradient[k] - static_cast<double>(labels_[k])) / 2;
    result.iterations = iterations_;
    result.converged = iterations_ < std::max<std::int64_t>(10'000'000, 100 * rows_.count());
    return result;
}

// The mean gradient of the samples between their ends; without any, the middle of what is allowed.
double SmoSolver::rho() const {
    double sum = 0, most = infinity, least = -infinity;
    std::int64_t free = 0;
    for (std::size_t k = 0; k < active_.beta.size(); ++k) {
        const bool may_grow = active_.up_bar[k] == 0, may_fall = active_.low_bar[k] == 0;
        if (may_grow && may_fall) {
            sum += active_.gradient[k];
            ++free;
        } else if (may_grow) {
            most = std::min(most, active_.gradient[k]);
        } else {
            least = std::max(least, active_.gradient[k]);
        }
    }
    return free > 0 ? sum / static_cast<double>(free) : (most + least) / 2;
}

}  // namespace emulsion::baseline
