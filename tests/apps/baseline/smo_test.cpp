// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/smo.h"
#include "apps/baseline/smo_loops.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "apps/baseline/cross_validation.h"
#include "apps/baseline/svm.h"
#include "tests/apps/baseline/problems.h"

namespace emulsion::test {
namespace {

using namespace baseline;

constexpr Kernel linear{Kernel::Kind::linear, 0};
constexpr Kernel rbf(double gamma) {
    return {Kernel::Kind::rbf, gamma};
}

/// The solver stops at 1e-3. A kernel's value in fp32 is off by a rounding or so of the largest, which moves
/// each gradient by as much for every unit of beta; a violation is the difference of two.
double allowed_violation(const Features& f, const Kernel& kernel, const std::vector<double>& beta) {
    double largest = 1, sum = 0;
    for (std::int64_t i = 0; i < f.count && kernel.kind == Kernel::Kind::linear; ++i) {
        double norm = 0;
        for (std::int64_t k = 0; k < f.columns; ++k) norm += std::pow(f.rows().row(i)[k], 2);
        largest = std::max(largest, norm);
    }
    for (const double value : beta) sum += std::abs(value);
    return 1e-3 + 2 * sum * largest * std::pow(2.0, -24);
}

void expect_optimal(const Features& f, const Kernel& kernel, double c, const std::vector<double>& beta) {
    EXPECT_LE(violation(f, kernel, c, beta), allowed_violation(f, kernel, beta));
}

/// As the machines of the product are trained.
Features centred(Features f) {
    centre(f.values, column_means(f.rows()));
    return f;
}

TEST(Smo, ReachesLibsvmsObjectiveAndTheOptimum) {
    const Features f = centred(clouds(300, 12, 1, 0.5));
    for (const Kernel& kernel : {linear, rbf(0.1), rbf(0.02), rbf(1e-3)})
        for (const double c : {0.1, 1.0, 10.0}) {
            SCOPED_TRACE(std::to_string(kernel.gamma) + " C " + std::to_string(c));
            const SmoSolution ours = solve(f, kernel, c), theirs = solve_by_libsvm(f, kernel, c);
            const double reached = objective(f, kernel, theirs.beta);
            EXPECT_NEAR(objective(f, kernel, ours.beta), reached, 1e-3 * std::abs(reached));
            EXPECT_NEAR(ours.objective, reached, 1e-3 * std::abs(reached));
            expect_optimal(f, kernel, c, ours.beta);
            EXPECT_NEAR(ours.rho, theirs.rho, 0.01 * (1 + std::abs(theirs.rho)));
            EXPECT_TRUE(ours.converged);
        }
}

TEST(Smo, AnAscendingCLeadsToTheSameOptimum) {
    const Features f = centred(clouds(200, 8, 2, 0.5));
    DotRows dots(f.rows(), std::size_t{1} << 24, DeviceId{}, 1);
    KernelRows rows(dots, rbf(0.05), everyone(f), std::size_t{1} << 24);
    SmoSolver solver(rows, signs(f.classes));
    for (const double c : {0.1, 1.0, 10.0, 100.0, 0.5}) {
        const SmoSolution warm = solver.solve(c), cold = solve(f, rbf(0.05), c);
        EXPECT_NEAR(warm.objective, cold.objective, 1e-3 * std::abs(cold.objective)) << c;
        expect_optimal(f, rbf(0.05), c, warm.beta);
    }
}

TEST(Smo, ShrinkingChangesNothing) {
    const Features f = centred(clouds(600, 6, 3, 0.8));
    for (const Kernel& kernel : {rbf(0.05), linear}) {
        const SmoSolution with = solve(f, kernel, 1, 1 << 24, true),
                          without = solve(f, kernel, 1, 1 << 24, false);
        EXPECT_NEAR(with.objective, without.objective, 1e-4 * std::abs(without.objective));
        expect_optimal(f, kernel, 1, with.beta);
        expect_optimal(f, kernel, 1, without.beta);
    }
}

// The same bits: dot products do not depend on what is computed beside them.
TEST(Smo, ATinyCacheGivesWhatALargeOneGives) {
    const Features f = clouds(250, 37, 4, 0.3);
    for (const Kernel& kernel : {rbf(0.01), linear}) {
        const SmoSolution large = solve(f, kernel, 1);
        for (const std::size_t bytes : {std::size_t{1}, std::size_t{20'000}, std::size_t{100'000}}) {
            const SmoSolution tiny = solve(f, kernel, 1, bytes);
            EXPECT_EQ(tiny.beta, large.beta) << bytes;
            EXPECT_EQ(tiny.rho, large.rho) << bytes;
        }
    }
}

TEST(Smo, TwoSamplesHaveAnAnswerOnPaper) {
    // Points at 0 and 2: weight 1, border at 1; beta = 1/2 each side.
    const Features f{"two", 2, 1, {0, 2}, {0, 1}};
    const SmoSolution solution = solve(f, linear, 100);
    EXPECT_NEAR(solution.beta[0], -0.5, 1e-9);
    EXPECT_NEAR(solution.beta[1], 0.5, 1e-9);
    EXPECT_NEAR(solution.rho, 1, 1e-9);
    EXPECT_NEAR(solution.objective, -0.5, 1e-9);
}

TEST(Smo, EqualSamplesOfBothClassesAreHeldAtC) {
    Features f = clouds(40, 3, 5, 1);
    for (std::size_t i = 0; i < 20; ++i)  // sample 2i + 1 becomes sample 2i, of the other class
        std::copy_n(f.values.begin() + static_cast<std::ptrdiff_t>(i) * 6, 3,
                    f.values.begin() + static_cast<std::ptrdiff_t>(i) * 6 + 3);
    for (const Kernel& kernel : {linear, rbf(0.1)}) {
        const SmoSolution solution = solve(f, kernel, 2);
        expect_optimal(f, kernel, 2, solution.beta);
        EXPECT_NEAR(solution.objective, -2.0 * 40, 1e-6);  // K beta is zero, and every alpha is C
    }
}

TEST(Smo, BearsConstantFeaturesAndAHugeC) {
    Features f = clouds(60, 4, 6, 8);
    for (std::size_t i = 0; i < f.values.size(); i += 4) f.values[i] = 1000;
    for (const Kernel& kernel : {linear, rbf(0.01)}) {
        const SmoSolution solution = solve(f, kernel, 1e9);
        EXPECT_TRUE(solution.converged);
        for (const double beta : solution.beta) EXPECT_TRUE(std::isfinite(beta));
        const std::vector<double> sums = kernel_times(f, kernel, solution.beta);
        for (std::size_t i = 0; i < sums.size(); ++i)
            EXPECT_GE((f.classes[i] == 1 ? 1 : -1) * (sums[i] - solution.rho), 0.98)
                << i;  // all on their side
    }
    const Features same{"same", 4, 1, {3, 3, 3, 3}, {0, 1, 0, 1}};
    EXPECT_NEAR(solve(same, rbf(1), 1).objective, -4, 1e-9);
}

TEST(Smo, AKernelIsItsFormula) {
    std::vector<float> norms, values;
    std::vector<double> expected;
    for (double distance = 0; distance < 120; distance += 0.37) {
        norms.push_back(static_cast<float>(distance));
        values.push_back(0);
        expected.push_back(std::exp(-static_cast<double>(norms.back())));
    }
    apply_kernel(rbf(1), 0, norms.data(), values.data(), static_cast<std::int64_t>(values.size()));
    for (std::size_t i = 0; i < values.size(); ++i)
        EXPECT_NEAR(values[i], expected[i], 3e-7 * expected[i] + 2e-38) << norms[i];
    EXPECT_EQ(values[0], 1.0F);
}

TEST(DotRows, AreDotProductsWholeAndOnDemand) {
    const Features f = clouds(530, 19, 7);
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{1} << 24}) {
        DotRows dots(f.rows(), bytes, DeviceId{}, 2);
        EXPECT_EQ(dots.whole(), bytes > 1);
        for (const std::int32_t i : {0, 255, 256, 529}) {
            const float* const row = dots.row(i);
            for (std::int64_t j = 0; j < f.count; ++j) {
                double sum = 0, size = 0;
                for (std::int64_t k = 0; k < f.columns; ++k) {
                    const double product = static_cast<double>(f.rows().row(i)[k]) * f.rows().row(j)[k];
                    sum += product;
                    size += std::abs(product);
                }
                EXPECT_NEAR(row[j], sum, 19 * 6e-8 * size) << i << " " << j;
            }
        }
    }
}

TEST(DotRows, RunOnOtherDevices) {
    const Features f = clouds(20, 9, 8);
    DotRows here(f.rows(), 1 << 20, DeviceId{}, 1), there(f.rows(), 1, DeviceId::parse("emulated"), 1);
    for (const std::int32_t i : {0, 7, 19})
        for (std::int64_t j = 0; j < 20; ++j)
            EXPECT_NEAR(there.row(i)[j], here.row(i)[j], 1e-3) << i << " " << j;
}

// The loops run in lanes; who reads them should not have to think of that.
TEST(SmoLoops, ChooseAsAPlainLoopDoes) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::mt19937 random(5);
    for (std::int64_t count = 1; count < 90; ++count) {
        const auto size = static_cast<std::size_t>(count);
        std::vector<double> gradient(size), up_bar(size), low_bar(size);
        std::vector<float> row(size), diagonals(size, 1.0F);
        for (std::size_t k = 0; k < size; ++k) {
            gradient[k] = static_cast<double>(random() % 4);  // few values, so that many are equal
            up_bar[k] = random() % 3 == 0 ? -infinity : 0;
            low_bar[k] = random() % 3 == 0 ? infinity : 0;
            row[k] = static_cast<float>(random() % 5) * 0.25F + 1e-7F;  // at 1 the curvature is below zero
        }
        Place up{-1, -infinity};
        for (std::int64_t k = 0; k < count; ++k) {
            const double value = up_bar[static_cast<std::size_t>(k)] - gradient[static_cast<std::size_t>(k)];
            if (value > up.value) up = {k, value};
        }
        EXPECT_EQ(largest_violation(gradient.data(), up_bar.data(), count).index, up.index) << count;

        SecondChoice low{-1, infinity};
        double best = -infinity;
        for (std::int64_t k = 0; k < count; ++k) {
            const auto i = static_cast<std::size_t>(k);
            const double value = low_bar[i] - gradient[i], b = -0.5 - value;
            const double a = 2 - 2 * static_cast<double>(row[i]);
            low.least = std::min(low.least, value);
            if (b <= 0 || b * b / (a > 0 ? a : least_curvature) <= best) continue;
            best = b * b / (a > 0 ? a : least_curvature);
            low.index = k;
        }
        const SecondChoice found = second_order_choice(gradient.data(), low_bar.data(), row.data(),
                                                       diagonals.data(), 1, -0.5, count);
        EXPECT_EQ(found.index, low.index) << count;
        EXPECT_EQ(found.least, low.least) << count;
    }
}

TEST(RowCache, HoldsTheLeastThatIsAskedFor) {
    EXPECT_EQ(RowCache(9, 100, 1, 3).capacity(), 3);
    EXPECT_EQ(RowCache(2, 100, 1, 3).capacity(), 2) << "there are no more";
}

TEST(RowCache, ForgetsTheOldest) {
    RowCache cache(5, 2, 2 * 2 * sizeof(float), 1);
    ASSERT_EQ(cache.capacity(), 2);
    *cache.insert(0) = 10;
    *cache.insert(1) = 11;
    EXPECT_EQ(*cache.find(0), 10);
    *cache.insert(4) = 14;
    EXPECT_EQ(cache.find(1), nullptr);
    EXPECT_EQ(*cache.find(0), 10);
    EXPECT_EQ(*cache.find(4), 14);
    cache.clear();
    EXPECT_EQ(cache.find(0), nullptr);
    *cache.insert(3) = 13;
    EXPECT_EQ(*cache.find(3), 13);
}

}  // namespace
}  // namespace emulsion::test
