// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the stand-in evaluates, against the oracles: graphs made by hand, in memory laid out at random.
// Nothing of kernels/cudnn is in it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/kernels/cudnn/backend.h"
#include "tests/kernels/cudnn/library.h"
#include "tests/kernels/expected.h"

namespace emulsion::kernels::tests {
namespace {

using Random = std::mt19937;

std::int64_t pick(Random& random, std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random);
}

/// A tensor with memory of its own, its strides in any order and with gaps.
struct Placed {
    TensorWords words;
    std::vector<std::uint32_t> memory;  // wide enough for either type

    Placed(std::int64_t id, const Shape& s, cudnnDataType_t type, Random& random)
        : words{{id}, {s.n, s.c, s.h, s.w}, {0, 0, 0, 0}, {4}, type} {
        std::vector<std::size_t> order{0, 1, 2, 3};
        std::shuffle(order.begin(), order.end(), random);
        std::int64_t step = pick(random, 1, 2);
        for (const std::size_t d : order) {
            words.strides[d] = step;
            step = step * words.dims[d] + pick(random, 0, 2);
        }
        memory.assign(static_cast<std::size_t>(step) + 8, 0x7FC07FC0);  // NaN as f32 and as bf16
    }
    Shape shape() const { return {words.dims[0], words.dims[1], words.dims[2], words.dims[3]}; }
    void* data() { return memory.data(); }

    template <class Visit>
    void each(Visit visit) {
        const Shape s = shape();
        for (std::int64_t i = 0; i < s.count(); ++i) {
            const oracle::Position p = oracle::position(s, i);
            const auto& t = words.strides;
            visit(static_cast<std::size_t>(i), p.n * t[0] + p.c * t[1] + p.h * t[2] + p.w * t[3]);
        }
    }
    void fill(const Values& values) {
        each([&](std::size_t i, std::int64_t at) {
            const auto single = static_cast<float>(values[i]);
            if (words.type == CUDNN_DATA_FLOAT)
                std::memcpy(reinterpret_cast<float*>(data()) + at, &single, 4);
            else
                std::memcpy(reinterpret_cast<std::uint16_t*>(data()) + at,
                            reinterpret_cast<const char*>(&single) + 2, 2);
        });
    }
    Values read() {
        Values values(static_cast<std::size_t>(shape().count()));
        each([&](std::size_t i, std::int64_t at) {
            float single = 0;
            if (words.type == CUDNN_DATA_FLOAT)
                std::memcpy(&single, reinterpret_cast<float*>(data()) + at, 4);
            else
                std::memcpy(reinterpret_cast<char*>(&single) + 2,
                            reinterpret_cast<std::uint16_t*>(data()) + at, 2);
            values[i] = single;
        });
        return values;
    }
};

class StandIn : public testing::Test {
   protected:
    void SetUp() override {
        stand_in().reset();
        ASSERT_EQ(f.create_handle(&handle), CUDNN_STATUS_SUCCESS);
    }
    void TearDown() override {
        f.destroy_handle(handle);
        EXPECT_EQ(stand_in().live("backend"), 0);
    }

    /// Runs a graph by an engine, with as much workspace as that wants and guards behind.
    cudnnStatus_t run(const Node& whole, std::int64_t index, const std::vector<Placed*>& tensors) {
        const Node how = plan(whole, index);
        if (how.status() != CUDNN_STATUS_SUCCESS) return how.status();
        workspace.assign(static_cast<std::size_t>(how.number(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE)) + 64,
                         std::byte{0x11});
        std::map<std::int64_t, void*> pointers;
        for (Placed* each : tensors) pointers[each->words.id[0]] = each->data();
        const Node arguments = pack(f, pointers, aligned_workspace());
        return f.execute(handle, how.raw(), arguments.raw());
    }
    void* aligned_workspace() {
        const auto at = reinterpret_cast<std::uintptr_t>(workspace.data());
        return workspace.data() + (16 - at % 16) % 16;
    }
    std::string reason() const {
        char text[512] = "";
        f.last_error(text, sizeof text);
        return text;
    }

    const Functions& f = stand_in_functions();
    cudnnHandle_t handle = nullptr;
    std::vector<std::byte> workspace;
};

/// A random convolution, its tensors at random, and what must come out by the oracle.
struct ConvolutionCase {
    ConvolutionCase(Random& random, cudnnDataType_t type)
        : c(make(random)),
          x(1, c.src, type, random),
          w(2, {c.dst.c, c.src.c / c.groups, c.kernel_h, c.kernel_w}, type, random),
          y(3, c.dst, type, random) {
        const Precision precision = type == CUDNN_DATA_FLOAT ? Precision::fp32 : Precision::bf16;
        x_values = random_values(c.src.count(), 1, 1, precision);
        w_values = random_values(c.weight_count(), 2, 1, precision);
        y_values = random_values(c.dst.count(), 3, 1, precision);
        x.fill(x_values), w.fill(w_values), y.fill(y_values);
    }
    static Convolution make(Random& random) {
        Convolution c;
        c.groups = static_cast<int>(pick(random, 1, 3));
        c.kernel_h = static_cast<int>(pick(random, 1, 4)), c.kernel_w = static_cast<int>(pick(random, 1, 4));
        c.stride_h = static_cast<int>(pick(random, 1, 3)), c.stride_w = static_cast<int>(pick(random, 1, 3));
        c.pad_h = static_cast<int>(pick(random, 0, 2)), c.pad_w = static_cast<int>(pick(random, 0, 2));
        c.src = {pick(random, 1, 3), c.groups * pick(random, 1, 3), pick(random, 4, 9), pick(random, 4, 9)};
        c.dst = {c.src.n, c.groups * pick(random, 1, 3),
                 (c.src.h + 2 * c.pad_h - c.kernel_h) / c.stride_h + 1,
                 (c.src.w + 2 * c.pad_w - c.kernel_w) / c.stride_w + 1};
        c.bias = false;
        return c;
    }
    Node operation(const Functions& f, Pass pass, float alpha = 1, float beta = 0) const {
        WindowWords window;
        window.stride = {c.stride_h, c.stride_w};
        window.pre = window.post = {c.pad_h, c.pad_w};
        return convolution_operation(pass, convolution(f, window), tensor(f, x.words), tensor(f, w.words),
                                     tensor(f, y.words), alpha, beta);
    }
    oracle::Cell expected(Pass pass, std::int64_t i) const {
        if (pass == Pass::forward) return oracle::conv_forward(c, x_values, w_values, {}, i);
        if (pass == Pass::data) return oracle::conv_backward_data(c, y_values, w_values, i);
        return oracle::conv_backward_weights(c, x_values, y_values, i);
    }
    Placed& result(Pass pass) { return pass == Pass::forward ? y : pass == Pass::data ? x : w; }
    const Values& before(Pass pass) const {
        return pass == Pass::forward ? y_values : pass == Pass::data ? x_values : w_values;
    }

    Convolution c;
    Placed x, w, y;
    Values x_values, w_values, y_values;
};

constexpr Pass passes[] = {Pass::forward, Pass::data, Pass::filter};

TEST_F(StandIn, ConvolvesAsTheOracleDoes) {
    Random random(5);
    for (int i = 0; i < 60; ++i) {
        const cudnnDataType_t type = i % 3 == 2 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
        ConvolutionCase each(random, type);
        const Pass pass = passes[i % 4 % 3];
        const float alpha = i % 5 == 0 ? 0.5F : 1.0F, beta = i % 7 == 0 ? 2.0F : 0.0F;
        const Node operation = each.operation(f, pass, alpha, beta);
        ASSERT_EQ(run(graph({&operation}), 28, {&each.x, &each.w, &each.y}), CUDNN_STATUS_SUCCESS)
            << reason();
        const Values results = each.result(pass).read();
        for (std::size_t k = 0; k < results.size(); ++k) {
            const oracle::Cell cell = each.expected(pass, static_cast<std::int64_t>(k));
            const double value = alpha * cell.value + beta * each.before(pass)[k];
            const double rounding = type == CUDNN_DATA_FLOAT ? f32_rounding : bf16_rounding;
            ASSERT_NEAR(results[k], value, rounding * std::fabs(value) + 1e-12 * cell.magnitude)
                << "case " << i << ", cell " << k;
        }
    }
}

/// CUDNN_CONVOLUTION reads weights from their end.
TEST_F(StandIn, ConvolutionProperTurnsWeightsRound) {
    Random random(7);
    Placed x(1, {1, 1, 3, 3}, CUDNN_DATA_FLOAT, random), w(2, {1, 1, 2, 2}, CUDNN_DATA_FLOAT, random),
        y(3, {1, 1, 2, 2}, CUDNN_DATA_FLOAT, random);
    x.fill({1, 0, 0, 0, 0, 0, 0, 0, 0});
    w.fill({1, 2, 3, 4});
    WindowWords window;
    window.pre = window.post = {0, 0};
    for (const auto& [mode, expected] : {std::pair{CUDNN_CROSS_CORRELATION, 1.0}, {CUDNN_CONVOLUTION, 4.0}}) {
        window.mode = mode;
        const Node operation =
            convolution_operation(Pass::forward, convolution(f, window), tensor(f, x.words),
                                  tensor(f, w.words), tensor(f, y.words));
        ASSERT_EQ(run(graph({&operation}), 28, {&x, &w, &y}), CUDNN_STATUS_SUCCESS);
        EXPECT_EQ(y.read()[0], expected);
    }
}

/// A dilated window, more padding behind than before.
TEST_F(StandIn, WindowsAreDilatedAndPaddedAsTold) {
    Random random(8);
    Placed x(1, {1, 1, 1, 5}, CUDNN_DATA_FLOAT, random), w(2, {1, 1, 1, 2}, CUDNN_DATA_FLOAT, random),
        y(3, {1, 1, 1, 6}, CUDNN_DATA_FLOAT, random);
    x.fill({1, 2, 3, 4, 5});
    w.fill({1, 10});
    WindowWords window;
    window.dilation = {1, 2}, window.pre = {0, 1}, window.post = {0, 2};
    const Node operation = convolution_operation(Pass::forward, convolution(f, window), tensor(f, x.words),
                                                 tensor(f, w.words), tensor(f, y.words));
    ASSERT_EQ(run(graph({&operation}), 28, {&x, &w, &y}), CUDNN_STATUS_SUCCESS) << reason();
    EXPECT_EQ(y.read(), (Values{20, 31, 42, 53, 4, 5}));
}

/// conv + bias + ReLU with values between them that never reach memory.
TEST_F(StandIn, FollowsAGraphsInnerTensors) {
    Random random(9);
    ConvolutionCase each(random, CUDNN_DATA_FLOAT);
    const Shape& s = each.c.dst;
    Placed bias(4, {1, s.c, 1, 1}, CUDNN_DATA_FLOAT, random), z(6, s, CUDNN_DATA_FLOAT, random);
    const Values bias_values = random_values(s.c, 4, 1);
    bias.fill(bias_values);
    TensorWords sums = each.y.words, shifted = each.y.words;
    sums.is_virtual = shifted.is_virtual = true, sums.id = {3}, shifted.id = {5};
    WindowWords window;
    window.stride = {each.c.stride_h, each.c.stride_w};
    window.pre = window.post = {each.c.pad_h, each.c.pad_w};
    const Node sum = tensor(f, sums), moved = tensor(f, shifted), b = tensor(f, bias.words);
    const Node convolved = convolution_operation(Pass::forward, convolution(f, window),
                                                 tensor(f, each.x.words), tensor(f, each.w.words), sum);
    const Node added = pointwise_operation(sum, &b, moved);
    const Node clipped = pointwise_operation(moved, nullptr, tensor(f, z.words));
    ASSERT_EQ(run(graph({&clipped, &added, &convolved}), 28, {&each.x, &each.w, &bias, &z}),
              CUDNN_STATUS_SUCCESS)
        << reason();
    const Values results = z.read();
    for (std::size_t k = 0; k < results.size(); ++k) {
        const auto cell = oracle::conv_forward(each.c, each.x_values, each.w_values, bias_values,
                                               static_cast<std::int64_t>(k));
        ASSERT_NEAR(results[k], std::max(0.0, cell.value), 4 * f32_rounding * cell.magnitude) << k;
    }
}

TEST_F(StandIn, PoolsAsTheOracleDoes) {
    Random random(11);
    using Mode = Pool::Mode;
    for (int i = 0; i < 40; ++i) {
        Pool p;
        p.mode = std::array{Mode::maximum, Mode::average_padded, Mode::average_inside}[i % 3];
        p.kernel_h = static_cast<int>(pick(random, 1, 3)), p.kernel_w = static_cast<int>(pick(random, 1, 3));
        p.stride_h = static_cast<int>(pick(random, 1, 3)), p.stride_w = static_cast<int>(pick(random, 1, 3));
        p.pad_h = p.kernel_h / 2, p.pad_w = p.kernel_w / 2;
        p.src = {pick(random, 1, 3), pick(random, 1, 4), pick(random, 3, 8), pick(random, 3, 8)};
        p.dst = {p.src.n, p.src.c, (p.src.h + 2 * p.pad_h - p.kernel_h) / p.stride_h + 1,
                 (p.src.w + 2 * p.pad_w - p.kernel_w) / p.stride_w + 1};
        Placed x(1, p.src, CUDNN_DATA_FLOAT, random), y(2, p.dst, CUDNN_DATA_FLOAT, random);
        x.words.strides = nchw_strides(x.words.dims), y.words.strides = nchw_strides(y.words.dims);
        x.memory.resize(static_cast<std::size_t>(p.src.count()));
        y.memory.resize(static_cast<std::size_t>(p.dst.count()));
        const Values values = random_values(p.src.count(), 1, 1);
        x.fill(values);
        WindowWords window{
            {p.kernel_h, p.kernel_w}, {p.stride_h, p.stride_w}, {p.pad_h, p.pad_w}, {p.pad_h, p.pad_w}};
        const Node operation = pool_operation(
            std::array{CUDNN_RESAMPLE_MAXPOOL, CUDNN_RESAMPLE_AVGPOOL_INCLUDE_PADDING,
                       CUDNN_RESAMPLE_AVGPOOL_EXCLUDE_PADDING}[i % 3],
            i % 3 == 0 ? CUDNN_NEG_INF_PAD : CUDNN_ZERO_PAD, window, tensor(f, x.words), tensor(f, y.words));
        ASSERT_EQ(run(graph({&operation}), 1, {&x, &y}), CUDNN_STATUS_SUCCESS) << reason();
        const Values results = y.read();
        for (std::size_t k = 0; k < results.size(); ++k) {
            const auto cell = oracle::pool_forward(p, values, static_cast<std::int64_t>(k));
            ASSERT_NEAR(results[k], cell.value, 2 * f32_rounding * cell.magnitude) << "case " << i;
        }
    }
}

/// Engines that a plan in fp32 may not take show in its numbers.
TEST_F(StandIn, EnginesAreAsExactAsTheirNotesSay) {
    Random random(13);
    ConvolutionCase each(random, CUDNN_DATA_FLOAT);
    const Node operation = each.operation(f, Pass::forward), whole = graph({&operation});
    const auto results_of = [&](std::int64_t index) {
        EXPECT_EQ(run(whole, index, {&each.x, &each.w, &each.y}), CUDNN_STATUS_SUCCESS) << reason();
        return each.y.read();
    };
    const auto worst = [](const Values& a, const Values& b) {
        double largest = 0;
        for (std::size_t k = 0; k < a.size(); ++k) largest = std::max(largest, std::fabs(a[k] - b[k]));
        return largest;
    };
    const Values exact = results_of(28);
    EXPECT_EQ(results_of(28), exact);
    EXPECT_EQ(results_of(70), exact);
    const Values by_tensor_cores = results_of(67), by_winograd = results_of(36);
    EXPECT_GT(worst(by_tensor_cores, exact), 1e-5);
    EXPECT_LT(worst(by_tensor_cores, exact), 2e-2);
    EXPECT_EQ(results_of(67), by_tensor_cores);
    EXPECT_GT(worst(by_winograd, exact), 1e-4);
    EXPECT_EQ(results_of(36), by_winograd);
    const Values one_run = results_of(25);
    EXPECT_NE(results_of(25), one_run);
    EXPECT_LT(worst(one_run, exact), 1e-4);
    EXPECT_NE(run(whole, 71, {&each.x, &each.w, &each.y}), CUDNN_STATUS_SUCCESS) << "it is named in vain";
}

TEST_F(StandIn, TensorCoresRoundToTf32) {
    Random random(14);
    Placed x(1, {1, 1, 1, 1}, CUDNN_DATA_FLOAT, random), w(2, {1, 1, 1, 1}, CUDNN_DATA_FLOAT, random),
        y(3, {1, 1, 1, 1}, CUDNN_DATA_FLOAT, random);
    x.fill({1 + 0x1p-10 + 0x1p-12});  // rounds down
    w.fill({1 + 0x1p-11 + 0x1p-13});  // rounds up
    WindowWords window;
    window.pre = window.post = {0, 0};
    const Node operation = convolution_operation(Pass::forward, convolution(f, window), tensor(f, x.words),
                                                 tensor(f, w.words), tensor(f, y.words));
    ASSERT_EQ(run(graph({&operation}), 67, {&x, &w, &y}), CUDNN_STATUS_SUCCESS) << reason();
    EXPECT_EQ(y.read()[0], (1 + 0x1p-10) * (1 + 0x1p-10));
}

TEST_F(StandIn, HandsOutEachResultOnceAndTellsTooMany) {
    Random random(15);
    ConvolutionCase each(random, CUDNN_DATA_FLOAT);
    const Node operation = each.operation(f, Pass::forward), whole = graph({&operation});
    EXPECT_EQ(configurations(whole, CUDNN_HEUR_MODE_A).size(), 12U);
    EXPECT_EQ(configurations(whole, CUDNN_HEUR_MODE_FALLBACK).size(), 3U);
    Node heuristics(f, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, whole)
        .set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, CUDNN_HEUR_MODE_FALLBACK)
        .finalize();
    ASSERT_EQ(heuristics.status(), CUDNN_STATUS_SUCCESS);
    std::int64_t told = 0, first = 0, second = 0;
    const Node a(f, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR), b(f, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR),
        c(f, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    cudnnBackendDescriptor_t raw[] = {a.raw(), b.raw(), c.raw()};
    const auto results = [&](std::int64_t most, std::int64_t& count, void* into) {
        return f.get(heuristics.raw(), CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, most,
                     &count, into);
    };
    EXPECT_EQ(results(0, told, nullptr), CUDNN_STATUS_SUCCESS);
    EXPECT_EQ(results(2, first, raw), CUDNN_STATUS_SUCCESS);
    EXPECT_EQ(results(3, second, raw), CUDNN_STATUS_SUCCESS);
    EXPECT_GT(told, 3);
    EXPECT_EQ(first, 2);
    EXPECT_EQ(second, 1);
}

TEST_F(StandIn, OffersInBf16WhatTheRealLibraryOffers) {
    constexpr auto bf16 = CUDNN_DATA_BFLOAT16, f32 = CUDNN_DATA_FLOAT;
    const auto offered = [&](const Functions& library, cudnnDataType_t in, cudnnDataType_t inner,
                             cudnnDataType_t bias, cudnnDataType_t out) {
        const Node x = tensor(library, 1, {2, 8, 7, 5}, false, in),
                   w = tensor(library, 2, {8, 8, 3, 3}, false, in);
        const Node y = tensor(library, 3, {2, 8, 7, 5}, true, inner);
        const Node b = tensor(library, 4, {1, 8, 1, 1}, false, bias);
        const Node z = tensor(library, 5, {2, 8, 7, 5}, false, out);
        const Node convolved = convolution_operation(Pass::forward, convolution(library, {}), x, w, y);
        const Node added = pointwise_operation(y, &b, z);
        const Node whole = graph({&convolved, &added});
        return !configurations(whole, CUDNN_HEUR_MODE_A).empty() ||
               !configurations(whole, CUDNN_HEUR_MODE_FALLBACK).empty();
    };
    const auto alone = [&](const Functions& library, cudnnDataType_t in, cudnnDataType_t out) {
        const Node x = tensor(library, 1, {2, 8, 7, 5}, false, in),
                   w = tensor(library, 2, {8, 8, 3, 3}, false, in);
        const Node y = tensor(library, 3, {2, 8, 7, 5}, false, out);
        const Node convolved = convolution_operation(Pass::forward, convolution(library, {}), x, w, y);
        return !configurations(graph({&convolved}), CUDNN_HEUR_MODE_A).empty();
    };
    for (const Functions* library : {&f, real_functions()}) {
        if (library == nullptr) continue;
        EXPECT_TRUE(offered(*library, f32, f32, f32, f32));
        EXPECT_TRUE(offered(*library, bf16, f32, bf16, bf16));
        EXPECT_FALSE(offered(*library, bf16, f32, f32, bf16));
        EXPECT_FALSE(offered(*library, bf16, bf16, bf16, bf16));
        EXPECT_FALSE(offered(*library, bf16, f32, bf16, f32));
        EXPECT_TRUE(alone(*library, bf16, bf16));
        EXPECT_FALSE(alone(*library, bf16, f32));
    }
}

TEST_F(StandIn, MindsPointersWhenItRuns) {
    Random random(17);
    ConvolutionCase each(random, CUDNN_DATA_FLOAT);
    const Node operation = each.operation(f, Pass::forward), whole = graph({&operation});
    const Node how = plan(whole, 70);
    workspace.resize(static_cast<std::size_t>(how.number(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE)) + 64);
    const auto runs = [&](const std::map<std::int64_t, void*>& pointers, void* space) {
        const Node arguments = pack(f, pointers, space);
        return f.execute(handle, how.raw(), arguments.raw()) == CUDNN_STATUS_SUCCESS;
    };
    void* const x = each.x.data();
    void* const w = each.w.data();
    void* const y = each.y.data();
    void* const space = aligned_workspace();
    const auto beside = [](void* pointer) { return static_cast<std::byte*>(pointer) + 2; };
    EXPECT_TRUE(runs({{1, x}, {2, w}, {3, y}}, space));
    const auto bytes = workspace.size() - 64;
    EXPECT_EQ(static_cast<std::byte*>(space)[0], std::byte{0xFF}) << "all of a workspace is written";
    EXPECT_EQ(static_cast<std::byte*>(space)[bytes - 1], std::byte{0xFF});
    EXPECT_NE(static_cast<std::byte*>(space)[bytes], std::byte{0xFF}) << "and nothing behind it";
    EXPECT_FALSE(runs({{1, x}, {2, w}}, space)) << "no result";
    EXPECT_FALSE(runs({{1, x}, {2, w}, {3, y}, {4, y}}, space)) << "more than the graph has";
    EXPECT_FALSE(runs({{1, beside(x)}, {2, w}, {3, y}}, space)) << "not aligned";
    EXPECT_FALSE(runs({{1, x}, {2, w}, {3, x}}, space)) << "in place";
    EXPECT_FALSE(runs({{1, x}, {2, w}, {3, y}}, nullptr)) << "no workspace";
    EXPECT_FALSE(runs({{1, x}, {2, w}, {3, y}}, x)) << "the source as workspace";
    EXPECT_FALSE(runs({{1, x}, {2, w}, {3, y}}, beside(space))) << "workspace not aligned";
}

}  // namespace
}  // namespace emulsion::kernels::tests
