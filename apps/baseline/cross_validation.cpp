// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/cross_validation.h"

#include <emulsion/error.h>
#include <emulsion/random.h>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>

namespace emulsion::baseline {
namespace {

/// One line of the grid on one fold.
struct Task {
    std::size_t line, first_point;
    std::int32_t fold;
};

class Search {
   public:
    Search(std::span<const std::int8_t> classes, std::span<const std::int32_t> folds,
           const std::vector<GridLine>& grid, const MachineMaker& make,
           const std::function<void(int, int)>& progress)
        : classes_(classes), folds_(folds), grid_(grid), make_(make), progress_(progress) {
        const std::int32_t count = 1 + *std::max_element(folds.begin(), folds.end());
        std::size_t first = 0;
        for (std::size_t line = 0; line < grid.size(); ++line) {
            for (std::int32_t fold = 0; fold < count; ++fold) tasks_.push_back({line, first, fold});
            for (const double c : grid[line].cs)
                points.push_back({grid[line].kernel, c, 0, 0, true, std::vector<double>(classes.size())});
            first += grid[line].cs.size();
        }
        fits_ = static_cast<int>(points.size()) * count;
    }

    /// What each thread does: one task after another, until none is left or one has failed.
    void work() {
        for (std::size_t next = next_++; next < tasks_.size(); next = next_++) {
            try {
                run(tasks_[next]);
            } catch (...) {
                const std::lock_guard lock(mutex_);
                failure = std::current_exception();
                next_ = tasks_.size();
            }
        }
    }

    void rate() {
        const std::int32_t count = 1 + *std::max_element(folds_.begin(), folds_.end());
        for (GridPoint& point : points) {
            std::vector<double> right(static_cast<std::size_t>(count)), all(right.size());
            for (std::size_t i = 0; i < classes_.size(); ++i) {
                const auto fold = static_cast<std::size_t>(folds_[i]);
                all[fold] += 1;
                right[fold] += (point.held_out[i] > 0) == (classes_[i] == 1) ? 1 : 0;
            }
            double sum = 0, squares = 0;
            for (std::size_t fold = 0; fold < right.size(); ++fold) {
                const double accuracy = right[fold] / all[fold];
                sum += accuracy;
                squares += accuracy * accuracy;
            }
            point.accuracy = sum / count;
            point.deviation = std::sqrt(std::max(0.0, squares / count - point.accuracy * point.accuracy));
        }
    }

    std::vector<GridPoint> points;
    std::exception_ptr failure;

   private:
    void run(const Task& task) {
        std::vector<std::int32_t> members, held_out;
        std::vector<std::int8_t> classes;
        for (std::size_t i = 0; i < classes_.size(); ++i) {
            const bool out = folds_[i] == task.fold;
            (out ? held_out : members).push_back(static_cast<std::int32_t>(i));
            if (!out) classes.push_back(classes_[i]);
        }
        const GridLine& line = grid_[task.line];
        const std::unique_ptr<Machine> machine = make_(line.kernel, members, signs(classes));
        for (std::size_t k = 0; k < line.cs.size(); ++k) {
            const SmoSolution solution = machine->solve(line.cs[k]);
            const std::vector<double> decisions = machine->decisions(held_out);
            const std::lock_guard lock(mutex_);
            GridPoint& point = points[task.first_point + k];
            point.converged = point.converged && solution.converged;
            for (std::size_t i = 0; i < held_out.size(); ++i)
                point.held_out[static_cast<std::size_t>(held_out[i])] = decisions[i];
            progress_(++done_, fits_);
        }
    }

    std::span<const std::int8_t> classes_;
    std::span<const std::int32_t> folds_;
    const std::vector<GridLine>& grid_;
    const MachineMaker& make_;
    const std::function<void(int, int)>& progress_;
    std::vector<Task> tasks_;
    std::atomic<std::size_t> next_ = 0;
    std::mutex mutex_;
    int fits_ = 0, done_ = 0;
};

}  // namespace

std::vector<std::int8_t> signs(std::span<const std::int8_t> classes) {
    std::vector<std::int8_t> result;
    for (const std::int8_t c : classes) result.push_back(c == 1 ? 1 : -1);
    return result;
}

std::vector<std::int32_t> stratified_folds(std::span<const std::int8_t> classes, int folds,
                                           std::uint64_t seed) {
    std::vector<std::int32_t> result(classes.size());
    std::int32_t next = 0;  // the second class goes on where the first left off: equal sizes in all
    for (const int wanted : {0, 1}) {
        std::vector<std::size_t> photos;
        for (std::size_t i = 0; i < classes.size(); ++i)
            if (classes[i] == wanted) photos.push_back(i);
        if (photos.size() < static_cast<std::size_t>(folds))
            throw Error(Error::Kind::data, "class " + std::to_string(wanted) + " has " +
                                               std::to_string(photos.size()) + " photos, too few for " +
                                               std::to_string(folds) + " folds");
        Random random(seed, static_cast<std::uint64_t>(wanted));
        for (std::size_t i = photos.size(); i > 1; --i) std::swap(photos[i - 1], photos[random.below(i)]);
        for (const std::size_t photo : photos) {
            result[photo] = next;
            next = (next + 1) % folds;
        }
    }
    return result;
}

std::vector<GridPoint> cross_validate(std::span<const std::int8_t> classes,
                                      std::span<const std::int32_t> folds, const std::vector<GridLine>& grid,
                                      const MachineMaker& make, int workers,
                                      const std::function<void(int, int)>& progress) {
    Search search(classes, folds, grid, make, progress);
    std::vector<std::jthread> others;
    for (int i = 1; i < workers; ++i) others.emplace_back([&search] { search.work(); });
    search.work();
    others.clear();  // joins them
    if (search.failure) std::rethrow_exception(search.failure);
    search.rate();
    return std::move(search.points);
}

const GridPoint& best_of(const std::vector<GridPoint>& points) {
    return *std::max_element(points.begin(), points.end(),
                             [](const GridPoint& a, const GridPoint& b) { return a.accuracy < b.accuracy; });
}

}  // namespace emulsion::baseline
