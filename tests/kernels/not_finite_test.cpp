// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// NaN and infinity: where they must show, and where they must not leak to. A NaN that is quietly lost
// turns into 18,000 iterations of wasted training.
#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "tests/kernels/cases.h"

namespace emulsion::kernels::tests {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

void expect_kept(const Problem& problem) {
    for (const auto& [label, implementation] : host_implementations(problem.operation.kind))
        for (const int threads : {1, 2}) {
            Limits limits;
            limits.threads = threads;
            const Verdict verdict = check(problem, *implementation, limits);
            EXPECT_TRUE(verdict.complaints.empty()) << join(verdict.complaints);
        }
}

Array array(const Shape& shape, const Values& cells) {
    return {shape, DataType::f32, cells};
}

/// Exactly these values (NaN and infinity where they stand), up to `bound`.
Expected values(const Shape& shape, const Values& cells, double bound = 0) {
    return {shape, DataType::f32, {}, cells, Values(cells.size(), bound)};
}

/// Random values with a NaN in every seventh place: more than one in a vector register, at any position.
Array sprinkled(const Shape& shape, Operand operand) {
    Array a = random_array(shape, operand, Precision::fp32);
    for (std::size_t i = 3; i < a.cells.size(); i += 7) a.cells[i] = nan;
    return a;
}

TEST(NotFinite, ReluPassesNaNAndInfinity) {
    const Shape shape{1, 1, 1, 6};
    Problem p({OpKind::relu_forward, Relu{shape}});
    p.inputs[Operand::src] = array(shape, {nan, -1, infinity, -infinity, 2, -0.0});
    p.outputs[Operand::dst] = values(shape, {nan, 0, infinity, 0, 2, 0});
    expect_kept(p);
}

TEST(NotFinite, ReluPassesNaNInEveryLane) {
    const Shape shape{3, 5, 7, 3};
    Problem p({OpKind::relu_forward, Relu{shape}});
    const Array src = p.inputs[Operand::src] = sprinkled(shape, Operand::src);
    p.outputs[Operand::dst] = expect(
        shape, 1, [&](std::int64_t i) { return oracle::relu_forward(src.cells, i); }, exact);
    expect_kept(p);
}

TEST(NotFinite, ReluBackwardPassesNaNOnlyWhereOpen) {
    const Shape shape{1, 1, 1, 6};
    Problem p({OpKind::relu_backward, Relu{shape}});
    p.inputs[Operand::dst] = array(shape, {1, 0, nan, infinity, 0, 2});
    p.inputs[Operand::diff_dst] = array(shape, {nan, nan, 1, 3, -infinity, infinity});
    p.outputs[Operand::diff_src] = values(shape, {nan, 0, 0, 3, 0, infinity});
    expect_kept(p);
}

TEST(NotFinite, ConvolutionSpreadsNaNAsFarAsItsKernel) {
    for (const bool relu : {false, true}) {
        Convolution c{{1, 16, 9, 9}, {1, 16, 9, 9}, 3, 3, 1, 1, 1, 1, 2};
        c.relu = relu;
        Problem p = make_problem({OpKind::conv_forward, c});
        Values& src = p.inputs[Operand::src].cells;
        src[oracle::index(c.src, 0, 9, 4, 7)] = nan;
        p.outputs[Operand::dst] = expect(
            c.dst, 1,
            [&](std::int64_t i) {
                return oracle::conv_forward(c, src, p.inputs[Operand::weights].cells,
                                            p.inputs[Operand::bias].cells, i);
            },
            sum_bound);
        expect_kept(p);
    }
}

/// Winograd's tiles may carry a NaN or an infinity, as NaN, to results beyond the kernel's reach, but not to
/// other images or groups; and where the kernel reaches, no result is finite.
TEST(NotFinite, WinogradLosesNoneAndKeepsThemInTheImageAndGroup) {
    for (const double bad : {nan, infinity}) {
        const Convolution c{{3, 128, 9, 13}, {3, 128, 9, 13}, 3, 3, 1, 1, 1, 1, 2};
        Problem p = make_problem({OpKind::conv_forward, c});
        Values& src = p.inputs[Operand::src].cells;
        src[oracle::index(c.src, 1, 100, 4, 7)] = bad;
        for (const auto& [label, implementation] : host_implementations(OpKind::conv_forward)) {
            if (std::string(implementation->way) != "winograd") continue;
            const auto rig = Rig::build(p, *implementation, Limits{});
            if (!rig) GTEST_SKIP() << label << " needs AVX-512";
            rig->load();
            rig->run();
            const Values dst = rig->read(Operand::dst);
            for (std::int64_t i = 0; i < c.dst.count(); ++i) {
                const oracle::Position at = oracle::position(c.dst, i);
                const bool reached = std::abs(at.h - 4) <= 1 && std::abs(at.w - 7) <= 1;
                const bool finite = std::isfinite(dst[static_cast<std::size_t>(i)]);
                if (at.n != 1 || at.c < 64) {
                    ASSERT_TRUE(finite) << label << ": image " << at.n << ", channel " << at.c;
                } else if (reached) {
                    ASSERT_FALSE(finite) << label << ": " << at.h << ", " << at.w;
                }
            }
        }
    }
}

TEST(NotFinite, FullyConnectedSpoilsOneImageOnly) {
    for (const bool relu : {false, true}) {
        FullyConnected f{{3, 40, 1, 1}, 19};
        f.relu = relu;
        Problem p = make_problem({OpKind::fc_forward, f});
        Values& src = p.inputs[Operand::src].cells;
        src[40 + 39] = nan;
        p.outputs[Operand::dst] = expect(
            f.dst(), 1,
            [&](std::int64_t i) {
                return oracle::fc_forward(f, src, p.inputs[Operand::weights].cells,
                                          p.inputs[Operand::bias].cells, i);
            },
            sum_bound);
        expect_kept(p);
    }
}

/// A window that slides over the channels may carry a NaN on to later channels, but never to other pixels.
TEST(NotFinite, LrnShowsNaNInTheWindowAndKeepsItInThePixel) {
    const Lrn lrn{{2, 16, 3, 3}};
    Problem p = make_problem({OpKind::lrn_forward, lrn});
    p.inputs[Operand::src].cells[oracle::index(lrn.shape, 1, 8, 1, 2)] = nan;
    for (const auto& [label, implementation] : host_implementations(OpKind::lrn_forward)) {
        const auto rig = Rig::build(p, *implementation, Limits{});
        if (!rig) continue;
        rig->load();
        rig->run();
        const Values dst = rig->read(Operand::dst);
        for (std::int64_t i = 0; i < lrn.shape.count(); ++i) {
            const oracle::Position at = oracle::position(lrn.shape, i);
            const bool same_pixel = at.n == 1 && at.h == 1 && at.w == 2;
            const bool in_window = same_pixel && std::abs(at.c - 8) <= lrn.size / 2;
            if (same_pixel && !in_window) continue;
            EXPECT_EQ(std::isnan(dst[static_cast<std::size_t>(i)]), in_window)
                << label << ": channel " << at.c;
        }
    }
}

Pool overlapping(Pool::Mode mode) {
    return {{2, 17, 7, 7}, {2, 17, 3, 3}, mode, 3, 3, 2, 2};
}

TEST(NotFinite, NaNWinsAMaximumAndSpoilsAnAverage) {
    for (const auto mode : {Pool::Mode::maximum, Pool::Mode::average_padded, Pool::Mode::average_inside}) {
        const Pool pool = overlapping(mode);
        Problem p({OpKind::pool_forward, pool});
        // Sparse enough that some windows hold a NaN first, some in the middle, some last, and some none.
        Array src = random_array(pool.src, Operand::src, Precision::fp32);
        for (std::size_t i = 3; i < src.cells.size(); i += 11) src.cells[i] = nan;
        p.inputs[Operand::src] = src;
        p.outputs[Operand::dst] = expect(
            pool.dst, 1, [&](std::int64_t i) { return oracle::pool_forward(pool, src.cells, i); }, sum_bound);
        expect_kept(p);
    }
}

TEST(NotFinite, TheGradientGoesToTheNaNThatWon) {
    const Pool pool = overlapping(Pool::Mode::maximum);
    Problem p = make_problem({OpKind::pool_backward, pool});
    Pool keeping = pool;
    keeping.keep = true;
    Problem forward({OpKind::pool_forward, keeping});
    Array src = random_array(pool.src, Operand::src, Precision::fp32);
    for (std::size_t i = 3; i < src.cells.size(); i += 11) src.cells[i] = nan;
    forward.inputs[Operand::src] = src;
    forward.outputs[Operand::dst] = values(pool.dst, {});
    p.forward = std::make_shared<Problem>(forward);
    p.outputs[Operand::diff_src] = expect(
        pool.src, 1,
        [&](std::int64_t i) {
            return oracle::pool_backward(pool, src.cells, p.inputs[Operand::diff_dst].cells, i);
        },
        sum_bound);
    expect_kept(p);
}

/// Cells outside the image never win, not even against minus infinity.
TEST(NotFinite, AMaximumOfMinusInfinityIsMinusInfinity) {
    const Pool pool{{1, 17, 3, 3}, {1, 17, 2, 2}, Pool::Mode::maximum, 3, 3, 2, 2, 1, 1};
    Problem p({OpKind::pool_forward, pool});
    p.inputs[Operand::src] = array(pool.src, Values(17 * 9, -infinity));
    p.outputs[Operand::dst] = values(pool.dst, Values(17 * 4, -infinity));
    expect_kept(p);
}

TEST(NotFinite, DroppedNaNIsZeroAndKeptNaNStays) {
    const Dropout dropout{{2, 50, 1, 1}};
    const DropoutCounter counter{1, 2};
    Problem p = make_dropout(OpKind::dropout_forward, dropout, counter);
    const Array src = p.inputs[Operand::src] = array(dropout.shape, Values(100, nan));
    p.outputs[Operand::dst] = expect(
        dropout.shape, 1, [&](std::int64_t i) { return oracle::dropout(dropout, counter, src.cells, i); },
        exact);
    expect_kept(p);
}

TEST(NotFinite, SoftmaxSpoilsOneRowOnly) {
    const Shape shape{2, 2, 1, 1};
    Problem p({OpKind::softmax_forward, Softmax{shape}});
    p.inputs[Operand::src] = array(shape, {1, nan, 3, 3});
    p.outputs[Operand::dst] = values(shape, {nan, nan, 0.5, 0.5}, f32_rounding);
    expect_kept(p);
}

Problem loss_of_nan(double label_of_the_bad_image) {
    const Shape shape{2, 2, 1, 1};
    Problem p({OpKind::loss_forward, Loss{shape}});
    p.inputs[Operand::src] = array(shape, {nan, 1, 3, 3});
    p.inputs[Operand::labels] = {{2, 1, 1, 1}, DataType::i32, {label_of_the_bad_image, 0}};
    p.outputs[Operand::dst] = values(shape, {nan, nan, 0.5, 0.5}, f32_rounding);
    return p;
}

TEST(NotFinite, NaNIsNoticedAtTheLoss) {
    for (const double label : {0.0, 1.0}) {
        Problem p = loss_of_nan(label);
        p.outputs[Operand::loss] = values({}, {nan});
        expect_kept(p);
    }
}

TEST(NotFinite, AnImageLeftOutDoesNotSpoilTheLoss) {
    Problem p = loss_of_nan(-1);
    p.outputs[Operand::loss] = values({}, {std::log(2.0)}, 8 * f32_rounding);
    expect_kept(p);
}

TEST(NotFinite, AnImageLeftOutHasNoGradient) {
    const Shape shape{2, 2, 1, 1};
    Problem p({OpKind::loss_backward, Loss{shape}});
    p.inputs[Operand::dst] = array(shape, {nan, nan, 0.5, 0.5});
    p.inputs[Operand::labels] = {{2, 1, 1, 1}, DataType::i32, {-1, 0}};
    p.outputs[Operand::diff_src] = values(shape, {0, 0, -0.5, 0.5});
    expect_kept(p);
}

TEST(NotFinite, SquareSumShowsNaNAndInfinityAnywhere) {
    constexpr std::int64_t count = 1003;
    for (const double bad : {nan, infinity, -infinity})
        for (const std::size_t place : {0, 500, 1002}) {
            Problem p = make_problem({OpKind::square_sum, SquareSum{count}});
            p.inputs[Operand::src].cells[place] = bad;
            p.outputs[Operand::dst].value = {std::isnan(bad) ? nan : infinity};
            expect_kept(p);
        }
}

TEST(NotFinite, AFrozenSegmentIgnoresItsGradient) {
    Problem p = make_sgd({8, {{0, 4, 0, 1}, {4, 4, 1, 1}}, false}, {0.01F, 0.9F, 0.005F, 1, 0});
    for (std::size_t i = 0; i < 4; ++i) p.inputs[Operand::diff_weights].cells[i] = nan;
    expect_kept(p);
}

TEST(NotFinite, ReordersKeepNaNAndInfinity) {
    const Shape shape{1, 3, 2, 1};
    for (const DataType type : {DataType::f32, DataType::bf16}) {
        const Layout to = plain_layout(shape.count(), type);
        Problem p({OpKind::reorder, Reorder{shape, plain_layout(shape.count()), to}});
        // The last NaN has every bit set: rounding its bits as a number would carry into the sign.
        const auto full = std::bit_cast<double>(~std::uint64_t{0} >> 1);
        p.inputs[Operand::src] = array(shape, {nan, infinity, -infinity, 1, full, 0});
        p.outputs[Operand::dst] = values(shape, {nan, infinity, -infinity, 1, nan, 0});
        expect_kept(p);
    }
}

}  // namespace
}  // namespace emulsion::kernels::tests
