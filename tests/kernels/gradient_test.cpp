// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The oracles, tested: each backward oracle is the derivative of its forward oracle, found by central
// differences. Kinks are kept away from: no input of ReLU near zero, no two near-equal values in a maximum.
#include <gtest/gtest.h>

#include <functional>

#include "tests/kernels/oracle.h"

namespace emulsion::kernels::tests {
namespace {

using Function = std::function<Values(const Values&)>;

template <class OracleCell>
Values all(std::int64_t count, OracleCell&& cell) {
    Values values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(cell(i).value);
    return values;
}

double dot(const Values& a, const Values& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

/// `gradient` must be the derivative of dot(weight, f(x)).
///
/// A central difference with step h is off by h^2 |f'''| / 6, below 1e-9 for these functions at h = 1e-5,
/// and by the cancellation 2^-53 |f| / h, below 1e-9 while |f| < 100.
void expect_derivative(const Function& f, const Values& x, const Values& weight, const Values& gradient) {
    constexpr double h = 1e-5, tolerance = 1e-7;
    ASSERT_EQ(gradient.size(), x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        Values above = x, below = x;
        above[i] += h;
        below[i] -= h;
        const double numeric = (dot(weight, f(above)) - dot(weight, f(below))) / (2 * h);
        EXPECT_TRUE(std::fabs(numeric - gradient[i]) <= tolerance * (1 + std::fabs(numeric)))
            << "input " << i << ": differences say " << numeric << ", the oracle " << gradient[i];
    }
}

/// Seeded values; each stream is another set.
Values values(std::int64_t count, std::uint32_t stream) {
    return random_values(count, stream + 300);
}

/// A shuffled ladder with steps of 0.01: no two values are near each other, none is near zero.
Values ladder(std::int64_t count) {
    Values v(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i)
        v[static_cast<std::size_t>(i)] =
            0.01 * (static_cast<double>(i * 37 % count) - static_cast<double>(count) / 2) + 0.003;
    return v;
}

class ConvolutionOracle : public testing::TestWithParam<Convolution> {};

TEST_P(ConvolutionOracle, BackwardIsTheDerivative) {
    const Convolution& c = GetParam();
    const Values x = values(c.src.count(), 0), w = values(c.weight_count(), 1), b = values(c.dst.c, 2);
    const Values r = values(c.dst.count(), 3);
    const auto forward = [&](const Values& src, const Values& weights, const Values& bias) {
        return all(c.dst.count(), [&](auto i) { return oracle::conv_forward(c, src, weights, bias, i); });
    };
    expect_derivative([&](const Values& v) { return forward(v, w, b); }, x, r,
                      all(c.src.count(), [&](auto i) { return oracle::conv_backward_data(c, r, w, i); }));
    expect_derivative(
        [&](const Values& v) { return forward(x, v, b); }, w, r,
        all(c.weight_count(), [&](auto i) { return oracle::conv_backward_weights(c, x, r, i); }));
    expect_derivative([&](const Values& v) { return forward(x, w, v); }, b, r,
                      all(c.dst.c, [&](auto i) { return oracle::conv_backward_bias(c, r, i); }));
}

INSTANTIATE_TEST_SUITE_P(Oracles, ConvolutionOracle,
                         testing::Values(Convolution{{2, 3, 5, 4}, {2, 4, 5, 4}, 3, 3, 1, 1, 1, 1},
                                         Convolution{{1, 6, 6, 7}, {1, 4, 3, 3}, 3, 2, 2, 3, 1, 0, 2},
                                         Convolution{{2, 6, 3, 3}, {2, 3, 4, 4}, 2, 2, 1, 1, 1, 1, 3},
                                         Convolution{{1, 2, 7, 5}, {1, 2, 3, 2}, 1, 2, 3, 3, 0, 0},
                                         Convolution{{1, 2, 4, 4}, {1, 3, 3, 3}, 3, 3, 2, 2, 0, 0}));

TEST(FullyConnectedOracle, BackwardIsTheDerivative) {
    const FullyConnected f{{3, 2, 2, 3}, 5};
    const Values x = values(36, 0), w = values(60, 1), b = values(5, 2), r = values(15, 3);
    const auto forward = [&](const Values& src, const Values& weights, const Values& bias) {
        return all(15, [&](auto i) { return oracle::fc_forward(f, src, weights, bias, i); });
    };
    expect_derivative([&](const Values& v) { return forward(v, w, b); }, x, r,
                      all(36, [&](auto i) { return oracle::fc_backward_data(f, r, w, i); }));
    expect_derivative([&](const Values& v) { return forward(x, v, b); }, w, r,
                      all(60, [&](auto i) { return oracle::fc_backward_weights(f, x, r, i); }));
    expect_derivative([&](const Values& v) { return forward(x, w, v); }, b, r,
                      all(5, [&](auto i) { return oracle::fc_backward_bias(f, r, i); }));
}

/// A fully connected layer is a convolution whose kernel is the image.
TEST(FullyConnectedOracle, IsAConvolution) {
    const FullyConnected f{{3, 2, 2, 3}, 5};
    const Convolution c{f.src, f.dst(), 2, 3};
    const Values x = values(36, 0), w = values(60, 1), b = values(5, 2);
    for (std::int64_t i = 0; i < 15; ++i)
        EXPECT_DOUBLE_EQ(oracle::fc_forward(f, x, w, b, i).value, oracle::conv_forward(c, x, w, b, i).value);
}

TEST(ReluOracle, BackwardIsTheDerivative) {
    const Values x = ladder(20), r = values(20, 3);
    const Function forward = [&](const Values& v) {
        return all(20, [&](auto i) { return oracle::relu_forward(v, i); });
    };
    const Values dst = forward(x);
    expect_derivative(forward, x, r, all(20, [&](auto i) { return oracle::relu_backward(dst, r, i); }));
}

TEST(LrnOracle, BackwardIsTheDerivative) {
    for (const Lrn& lrn : {Lrn{{2, 7, 2, 3}, 5, 2, 0.75F, 1}, Lrn{{1, 4, 1, 2}, 3, 1, 0.5F, 2},
                           Lrn{{1, 3, 2, 1}, 5, 3, 1, 1.5F}, Lrn{{2, 2, 1, 1}, 1, 1, 0.75F, 1},
                           Lrn{{1, 6, 1, 2}, 4, 2, 0.75F, 1}}) {
        const std::int64_t n = lrn.shape.count();
        const Values x = values(n, 0), r = values(n, 3);
        const Function forward = [&](const Values& v) {
            return all(n, [&](auto i) { return oracle::lrn_forward(lrn, v, i); });
        };
        const Values dst = forward(x);
        expect_derivative(forward, x, r,
                          all(n, [&](auto i) { return oracle::lrn_backward(lrn, x, dst, r, i); }));
    }
}

TEST(PoolOracle, BackwardIsTheDerivative) {
    for (const auto mode : {Pool::Mode::maximum, Pool::Mode::average_padded, Pool::Mode::average_inside})
        for (Pool pool : {Pool{{2, 2, 6, 5}, {2, 2, 3, 2}, mode, 2, 2, 2, 2},
                          Pool{{1, 3, 6, 6}, {1, 3, 3, 3}, mode, 3, 3, 2, 2},
                          Pool{{1, 2, 5, 6}, {1, 2, 3, 4}, mode, 3, 3, 2, 2, 1, 1}}) {
            const Values x = ladder(pool.src.count()), r = values(pool.dst.count(), 3);
            expect_derivative(
                [&](const Values& v) {
                    return all(pool.dst.count(), [&](auto i) { return oracle::pool_forward(pool, v, i); });
                },
                x, r, all(pool.src.count(), [&](auto i) { return oracle::pool_backward(pool, x, r, i); }));
        }
}

/// By hand, since differences cannot tell one divisor from another: a 3x3 window of ones over a corner.
TEST(PoolOracle, DivisorsByHand) {
    Pool pool{{1, 1, 4, 4}, {1, 1, 3, 3}, Pool::Mode::average_padded, 3, 3, 2, 2, 1, 1};
    const Values ones(16, 1);
    // Windows start at -1, 1 and 3; the padded image ends at 5, so the last window is clipped to 2 rows.
    const Values padded{4.0 / 9, 6.0 / 9, 2.0 / 6, 6.0 / 9, 1, 3.0 / 6, 2.0 / 6, 3.0 / 6, 1.0 / 4};
    for (std::int64_t i = 0; i < 9; ++i)
        EXPECT_DOUBLE_EQ(oracle::pool_forward(pool, ones, i).value, padded[static_cast<std::size_t>(i)]) << i;
    pool.mode = Pool::Mode::average_inside;
    for (std::int64_t i = 0; i < 9; ++i) EXPECT_DOUBLE_EQ(oracle::pool_forward(pool, ones, i).value, 1) << i;
}

TEST(DropoutOracle, BackwardIsTheDerivative) {
    const Dropout dropout{{2, 11, 1, 1}, 0.4F, 2};
    const DropoutCounter counter{3, 4};
    const Values x = values(22, 0), r = values(22, 3);
    expect_derivative(
        [&](const Values& v) {
            return all(22, [&](auto i) { return oracle::dropout(dropout, counter, v, i); });
        },
        x, r, all(22, [&](auto i) { return oracle::dropout(dropout, counter, r, i); }));
}

TEST(SoftmaxOracle, BackwardIsTheDerivative) {
    const Shape shape{3, 5, 1, 1};
    const Values x = values(15, 0), r = values(15, 3);
    const Function forward = [&](const Values& v) {
        return all(15, [&](auto i) { return oracle::softmax_forward(shape, v, i); });
    };
    const Values dst = forward(x);
    expect_derivative(forward, x, r,
                      all(15, [&](auto i) { return oracle::softmax_backward(shape, dst, r, i); }));
}

TEST(LossOracle, BackwardIsTheDerivative) {
    const Loss loss{{4, 3, 1, 1}, 2.5F};
    const Values x = values(12, 0);
    for (const Values& labels : {Values{0, 2, 1, 1}, Values{-1, 2, -1, 0}, Values{-1, -1, -1, -1}}) {
        const Values dst = all(12, [&](auto i) { return oracle::softmax_forward(loss.shape, x, i); });
        expect_derivative(
            [&](const Values& v) { return Values{oracle::loss_forward(loss, v, labels).value}; }, x, {2.5},
            all(12, [&](auto i) { return oracle::loss_backward(loss, dst, labels, i); }));
    }
}

TEST(ConcatOracle, BackwardIsTheDerivative) {
    const Concat concat{{{2, 1, 2, 2}, {2, 3, 2, 2}}, {2, 4, 2, 2}};
    const Array first{concat.src[0], DataType::f32, values(8, 0)};
    const Values x = values(24, 1), r = values(32, 3);
    expect_derivative(
        [&](const Values& v) {
            const Array sources[] = {first, {concat.src[1], DataType::f32, v}};
            return all(32, [&](auto i) { return oracle::concat_forward(concat, sources, i); });
        },
        x, r, all(24, [&](auto i) { return oracle::concat_backward(concat, r, 1, i); }));
}

/// The solver by hand: v = 0.5 * 4 + 0.1 * 2 * (0.25 * 8 + 0.5 * 3 * w), w -= v.
TEST(SgdOracle, ByHand) {
    const SgdRates rates{0.1F, 0.5F, 0.5F, 0.25F, 0};
    const auto update = [&](bool l1, double w) {
        return oracle::sgd_update({1, {{0, 1, 2, 3}}, l1}, rates, {w}, {8}, {4}, 0);
    };
    EXPECT_NEAR(update(false, 2).momentum.value, 3.0, 1e-6);
    EXPECT_NEAR(update(false, 2).weight.value, -1.0, 1e-6);
    EXPECT_NEAR(update(true, 2).momentum.value, 2.7, 1e-6);
    EXPECT_NEAR(update(true, -2).momentum.value, 2.1, 1e-6);
    EXPECT_NEAR(update(true, 0).momentum.value, 2.4, 1e-6);
}

/// A 1x2 crop of a 2x3 photo by hand: red 10.., green 20.., blue 30.. with the column as last digit.
TEST(PrepareInputOracle, ByHand) {
    const Values photo{10, 20, 30, 11, 21, 31, 12, 22, 32, 110, 120, 130, 111, 121, 131, 112, 122, 132};
    PrepareInput p{{1, 3, 1, 2}, 2, 3, true, false, {1, 2, 3}, {1, 1, 0.5F}};
    const auto result = [&](const Values& crop, const Values& mean = {}) {
        return all(6, [&](auto i) { return oracle::prepare_input(p, photo, crop, mean, i); });
    };
    EXPECT_EQ(result({1, 1, 0}), (Values{130, 131, 119, 120, 54, 54.5}));
    EXPECT_EQ(result({1, 1, 1}), (Values{131, 130, 120, 119, 54.5, 54}));
    p.bgr = false;
    EXPECT_EQ(result({0, 0, 0}), (Values{9, 10, 18, 19, 13.5, 14}));
    p.mean_image = true;
    EXPECT_EQ(result({0, 1, 1}, {0, 1, 2, 0, 0, 0, 0, 4, 8, 0, 0, 0, 10, 20, 30, 0, 0, 0}),
              (Values{10, 10, 14, 17, 1, 5.5}));
}

}  // namespace
}  // namespace emulsion::kernels::tests
