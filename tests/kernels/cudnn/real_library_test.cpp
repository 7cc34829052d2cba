// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the real cuDNN says of our graphs, without a GPU: since 9.8 it plans for a card that is only
// described. Nothing is run. Skipped where there is no such library.
#include <gtest/gtest.h>

#include <set>

#include "kernels/cudnn/convolution.h"
#include "kernels/cudnn/engine.h"
#include "kernels/cudnn/pool.h"

namespace emulsion::kernels::emulated::cudnn {
namespace {

/// What cudaGetDeviceProperties says of two cards, in cuDNN's words.
constexpr const char* h100 = R"({"maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],
"regsPerBlock":65536,"multiProcessorCount":132,"warpSize":32,"maxSharedMemoryPerBlock":49152,
"maxSharedMemoryPerBlockOptin":232448,"reservedSharedMemoryPerBlock":1024,"maxRegistersPerSM":65536,
"maxCtasPerSM":32,"maxThreadsPerBlock":1024,"maxThreadsPerSM":2048,"pciDeviceId":0,"isTccDriver":0,
"supportCoopLaunch":1,"totalGlobalMem":85899345920,"smClockRateKHz":1980000,"memClockRateKHz":2619000,
"l2CacheSize":52428800,"cudaDeviceId":0,"deviceVer":900,"driverVer":13000,"deviceName":"NVIDIA H100 80GB HBM3"})";
constexpr const char* a100 = R"({"maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],
"regsPerBlock":65536,"multiProcessorCount":108,"warpSize":32,"maxSharedMemoryPerBlock":49152,
"maxSharedMemoryPerBlockOptin":166912,"reservedSharedMemoryPerBlock":1024,"maxRegistersPerSM":65536,
"maxCtasPerSM":32,"maxThreadsPerBlock":1024,"maxThreadsPerSM":2048,"pciDeviceId":0,"isTccDriver":0,
"supportCoopLaunch":1,"totalGlobalMem":42949672960,"smClockRateKHz":1410000,"memClockRateKHz":1215000,
"l2CacheSize":41943040,"cudaDeviceId":0,"deviceVer":800,"driverVer":13000,"deviceName":"NVIDIA A100-SXM4-40GB"})";

struct Layer {
    const char* name;
    Shape src;
    std::int64_t outputs;
    int kernel, stride, pad, groups;
};
constexpr Layer layers[] = {
    {"alexnet_conv1", {1, 3, 227, 227}, 96, 11, 4, 0, 1},
    {"alexnet_conv2", {1, 96, 27, 27}, 256, 5, 1, 2, 2},
    {"alexnet_conv3", {1, 256, 13, 13}, 384, 3, 1, 1, 1},
    {"alexnet_conv4", {1, 384, 13, 13}, 384, 3, 1, 1, 2},
    {"alexnet_conv5", {1, 384, 13, 13}, 256, 3, 1, 1, 2},
    {"paper_conv1", {1, 3, 159, 240}, 96, 11, 4, 0, 1},
    {"paper_conv2", {1, 96, 19, 29}, 256, 5, 1, 2, 2},
};

Convolution convolution(const Layer& l, std::int64_t n) {
    const auto out = [&](std::int64_t in) { return (in + 2 * l.pad - l.kernel) / l.stride + 1; };
    Convolution c;
    c.src = l.src;
    c.src.n = n;
    c.dst = {n, l.outputs, out(l.src.h), out(l.src.w)};
    c.kernel_h = c.kernel_w = l.kernel;
    c.stride_h = c.stride_w = l.stride;
    c.pad_h = c.pad_w = l.pad;
    c.groups = l.groups;
    return c;
}

class RealCudnn : public testing::TestWithParam<const char*> {
   protected:
    void SetUp() override {
        if (std::string why; !is_here(&why)) GTEST_SKIP() << why;
        if (api().GetVersion() < 90800)
            GTEST_SKIP() << "cuDNN " << api().version << " plans for no card that is not here";
        const std::string text = GetParam();
        card_ = BackendDescriptor(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
        card_
            .set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
                 static_cast<std::int64_t>(text.size()) + 1, text.c_str())
            .finalize();
    }
    std::optional<Engine> choose(const std::optional<Graph>& graph, const Demands& demands,
                                 int rank = 0) const {
        if (!graph) return std::nullopt;
        return choose_engine(*graph, {nullptr, &card_}, demands, rank);
    }

    BackendDescriptor card_;
};

std::set<cudnnBackendNumericalNote_t> notes(const Engine& engine) {
    const BackendDescriptor it =
        engine.settings.get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    cudnnBackendNumericalNote_t all[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
    const std::int64_t count = it.get(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                                      CUDNN_NUMERICAL_NOTE_TYPE_COUNT, all);
    return {all, all + count};
}

constexpr OpKind kinds[] = {OpKind::conv_forward, OpKind::conv_backward_data, OpKind::conv_backward_weights};
constexpr Precision precisions[] = {Precision::fp32, Precision::tf32, Precision::bf16};

Format format_for(Precision precision, Layout::Kind kind) {
    return {kind, precision == Precision::bf16 ? DataType::bf16 : DataType::f32};
}

TEST_P(RealCudnn, PlansEveryLayerInEveryPrecision) {
    for (const Layer& layer : layers)
        for (const std::int64_t n : {1, 50})
            for (const OpKind kind : kinds)
                for (const Precision precision : precisions) {
                    const Demands demands{precision, false, std::size_t{1} << 30};
                    // The formats that a plan tries, in its order.
                    const auto first = precision == Precision::fp32 ? Layout::Kind::nchw : Layout::Kind::nhwc;
                    const auto engine =
                        choose(convolution_graph(kind, convolution(layer, n), format_for(precision, first)),
                               demands);
                    ASSERT_TRUE(engine)
                        << layer.name << " n" << n << " " << name(kind) << " " << name(precision);
                    EXPECT_LE(engine->workspace_bytes, demands.workspace_bytes);
                    const auto said = notes(*engine);
                    EXPECT_EQ(said.count(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC), 0U) << engine->name;
                    if (precision == Precision::fp32) {
                        EXPECT_EQ(said.count(CUDNN_NUMERICAL_NOTE_TENSOR_CORE), 0U) << engine->name;
                    }
                }
}

TEST_P(RealCudnn, TakesABiasAlongInF32AndInBf16) {
    for (const Layer& layer : layers)
        for (const auto& format :
             {Format{Layout::Kind::nchw, DataType::f32}, Format{Layout::Kind::nhwc, DataType::bf16}}) {
            const Demands demands{format.type == DataType::bf16 ? Precision::bf16 : Precision::fp32};
            EXPECT_TRUE(choose(convolution_with_bias_graph(convolution(layer, 50), format), demands))
                << layer.name << " " << name(format.type);
        }
}

/// The search of the tuner goes through the first three; each is another engine or other settings.
TEST_P(RealCudnn, NamesSeveralEnginesEachOnce) {
    std::set<std::string> names;
    for (int rank = 0; rank < 3; ++rank) {
        const auto engine =
            choose(convolution_graph(OpKind::conv_forward, convolution(layers[1], 50), {}), {}, rank);
        ASSERT_TRUE(engine) << rank;
        EXPECT_TRUE(names.insert(engine->name).second) << engine->name;
    }
    EXPECT_FALSE(choose(convolution_graph(OpKind::conv_forward, convolution(layers[1], 50), {}), {}, 1000));
}

TEST_P(RealCudnn, KeepsToAWorkspaceOfNothing) {
    for (const OpKind kind : kinds) {
        const Demands demands{Precision::fp32, false, 0};
        const auto engine = choose(convolution_graph(kind, convolution(layers[2], 50), {}), demands);
        ASSERT_TRUE(engine) << name(kind);
        EXPECT_EQ(engine->workspace_bytes, 0U) << name(kind);
    }
}

TEST_P(RealCudnn, PoolsWithWindowsThatHangOver) {
    const Pool inside{{50, 96, 55, 55}, {50, 96, 27, 27}, Pool::Mode::maximum, 3, 3, 2, 2};
    const Pool hanging{{50, 96, 38, 58}, {50, 96, 19, 29}, Pool::Mode::maximum, 3, 3, 2, 2};
    const Pool average{{50, 512, 13, 13}, {50, 512, 1, 1}, Pool::Mode::average_inside, 13, 13, 1, 1};
    for (const Pool& pool : {inside, hanging, average})
        EXPECT_TRUE(choose(pool_graph(pool), {})) << describe({OpKind::pool_forward, pool});
}

/// Cards up to Ada have engines by Winograd's algorithm; they are taken where they are asked for alone.
TEST_P(RealCudnn, TransformsOnlyWhenAsked) {
    const Convolution c = convolution(layers[2], 50);
    Demands demands;
    demands.transformed = true;
    const auto engine = choose(convolution_graph(OpKind::conv_forward, c, {}), demands);
    if (std::string(GetParam()) == h100) {
        EXPECT_FALSE(engine);
        return;
    }
    ASSERT_TRUE(engine);
    EXPECT_EQ(notes(*engine).count(CUDNN_NUMERICAL_NOTE_WINOGRAD), 1U);
    for (int rank = 0; const auto other = choose(convolution_graph(OpKind::conv_forward, c, {}), {}, rank);
         ++rank)
        EXPECT_EQ(notes(*other).count(CUDNN_NUMERICAL_NOTE_WINOGRAD), 0U) << other->name;
}

/// Why bf16 weight gradients are rounded to bf16 once: if this fails, a new version can do better.
TEST_P(RealCudnn, TakesNoBf16ToF32) {
    const Convolution c = convolution(layers[2], 50);
    Graph graph;
    const Format in{Layout::Kind::nhwc, DataType::bf16}, out{Layout::Kind::nhwc, DataType::f32};
    BackendDescriptor& how = graph.part(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
    how.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
        .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode)
        .set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, 2)
        .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, {1, 1})
        .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, {1, 1})
        .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, {1, 1})
        .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, {1, 1})
        .finalize();
    const float one = 1, none = 0;
    const BackendDescriptor& x = graph.tensor(Operand::src, c.src, in);
    const BackendDescriptor& dw = graph.tensor(Operand::diff_weights, {384, 256, 3, 3}, out);
    const BackendDescriptor& dy = graph.tensor(Operand::diff_dst, c.dst, in);
    graph.operation(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR)
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, how)
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, x)
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, dw)
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, dy)
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, CUDNN_TYPE_FLOAT, 1, &one)
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA, CUDNN_TYPE_FLOAT, 1, &none)
        .finalize();
    EXPECT_FALSE(choose_engine(graph, {nullptr, &card_}, {Precision::bf16}, 0));
}

INSTANTIATE_TEST_SUITE_P(Planned, RealCudnn, testing::Values(h100, a100),
                         [](const auto& card) { return card.index == 0 ? "h100" : "a100"; });

/// With the library and without a card the program goes on, and says what it misses.
TEST(RealCudnnWithoutACard, IsOneClearError) {
    if (std::string why; !is_here(&why)) GTEST_SKIP() << why;
    try {
        handle();
        GTEST_SKIP() << "there is a card here";
    } catch (const KernelError& error) {
        EXPECT_NE(std::string(error.what()).find("cudnnCreate: CUDNN_STATUS_NOT_INITIALIZED"),
                  std::string::npos)
            << error.what();
        EXPECT_NE(std::string(error.what()).find("emulsion devices"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace emulsion::kernels::emulated::cudnn
