// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What kernels/cudnn tells cuDNN, against what it should tell by NVIDIA's documentation: descriptors of
// AlexNet's convolutions in every layout, precision and pass, and which engines it takes. What it tells for
// LRN, pooling and softmax shows in their results (../*_test.cpp).
#include <cudnn.h>
#include <gtest/gtest.h>

#include "kernels/cudnn/api.h"
#include "tests/kernels/cudnn/library.h"
#include "tests/kernels/rig.h"
#include "tests/kernels/under_test.h"

namespace emulsion::kernels::emulated {
void append_cudnn(OpKind, std::vector<Implementation>&);
}

namespace emulsion::kernels::tests {
namespace {

constexpr auto nchw = Layout::Kind::nchw, nhwc = Layout::Kind::nhwc;
constexpr OpKind passes[] = {OpKind::conv_forward, OpKind::conv_backward_data, OpKind::conv_backward_weights};
constexpr Precision precisions[] = {Precision::fp32, Precision::tf32, Precision::bf16};

/// AlexNet's convolutions as the paper has them, and those of two groups without.
struct Layer {
    const char* name;
    std::int64_t channels, size, outputs;
    int kernel, stride, pad, groups;
};
constexpr Layer layers[] = {
    {"conv1", 3, 227, 96, 11, 4, 0, 1},         {"conv2", 96, 27, 256, 5, 1, 2, 2},
    {"conv3", 256, 13, 384, 3, 1, 1, 1},        {"conv4", 384, 13, 384, 3, 1, 1, 2},
    {"conv5", 384, 13, 256, 3, 1, 1, 2},        {"conv2_in_one", 96, 27, 256, 5, 1, 2, 1},
    {"conv5_in_one", 384, 13, 256, 3, 1, 1, 1},
};

Convolution convolution(const Layer& l, std::int64_t n = 32) {
    const std::int64_t out = (l.size + 2 * l.pad - l.kernel) / l.stride + 1;
    Convolution c;
    c.src = {n, l.channels, l.size, l.size};
    c.dst = {n, l.outputs, out, out};
    c.kernel_h = c.kernel_w = l.kernel;
    c.stride_h = c.stride_w = l.stride;
    c.pad_h = c.pad_w = l.pad;
    c.groups = l.groups;
    return c;
}

/// All of the folder's entries, which live as long as the program, as an entry must.
const Implementation& entry(OpKind kind, const std::string& way) {
    static std::map<OpKind, std::vector<Implementation>> lists;
    std::vector<Implementation>& list = lists[kind];
    if (list.empty()) emulated::append_cudnn(kind, list);
    for (const Implementation& each : list)
        if (each.way == way) return each;
    throw std::runtime_error("no way " + way);
}

std::unique_ptr<Plan> plan(OpKind kind, const Descriptor& d, const std::string& way = "",
                           Limits limits = {}) {
    const Operation operation{kind, d};
    const Implementation& by = entry(kind, way);
    return by.supports(operation, limits) ? by.plan(operation, limits) : nullptr;
}

Limits in(Precision precision) {
    Limits limits;
    limits.precision = precision;
    return limits;
}

// -------------------------------------------------------------------------------------------------
// Descriptors

/// A tensor in the log's words. By the definition of a layout, element (n, c, h, w) stands at place
/// ((n * C + c) * H + h) * W + w of NCHW and at ((n * H + h) * W + w) * C + c of NHWC; strides are by how
/// much that grows with each index.
std::string tensor(std::int64_t id, const Shape& s, Layout::Kind lie, const char* type, bool within = false) {
    const auto place = [&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
        return lie == nchw ? ((n * s.c + c) * s.h + h) * s.w + w : ((n * s.h + h) * s.w + w) * s.c + c;
    };
    const auto list = [](std::initializer_list<std::int64_t> numbers) {
        std::string text;
        for (const std::int64_t each : numbers) text += (text.empty() ? "[" : ",") + std::to_string(each);
        return text + "]";
    };
    return std::to_string(id) + ":" + type + list({s.n, s.c, s.h, s.w}) + "/" +
           list({place(1, 0, 0, 0), place(0, 1, 0, 0), place(0, 0, 1, 0), place(0, 0, 0, 1)}) + "@64" +
           (within ? " virtual" : "");
}

/// Operands are numbered from 1 in the order of the enumeration.
std::int64_t id(Operand o) {
    return static_cast<std::int64_t>(o) + 1;
}
constexpr std::int64_t within = 1000;  ///< the id of what lies within a graph

std::string window(const Convolution& c) {
    const auto pair = [](int down, int right) {
        return "[" + std::to_string(down) + "," + std::to_string(right) + "]";
    };
    const std::string pad = pair(c.pad_h, c.pad_w);
    return " kernel " + pair(c.kernel_h, c.kernel_w) + " pre " + pad + " post " + pad + " stride " +
           pair(c.stride_h, c.stride_w) + " dilation [1,1] groups " + std::to_string(c.groups) +
           " cross-correlation";
}

std::string graph_of(OpKind kind, const Convolution& c, Layout::Kind lie, Precision precision) {
    const char* const type = precision == Precision::bf16 ? "bf16" : "f32";
    const Shape weights{c.dst.c, c.src.c / c.groups, c.kernel_h, c.kernel_w};
    const auto three = [&](const char* name, Operand x, Operand w, Operand y) {
        return std::string("finalize operation graph: ") + name + " x " + tensor(id(x), c.src, lie, type) +
               " w " + tensor(id(w), weights, lie, type) + " y " + tensor(id(y), c.dst, lie, type) +
               window(c);
    };
    if (kind == OpKind::conv_backward_data)
        return three("conv_backward_data", Operand::diff_src, Operand::weights, Operand::diff_dst);
    if (kind == OpKind::conv_backward_weights)
        return three("conv_backward_filter", Operand::src, Operand::diff_weights, Operand::diff_dst);
    if (!c.bias || c.relu) return three("conv_forward", Operand::src, Operand::weights, Operand::dst);
    // Sums within a graph are f32: the library offers no other, and no bias of another type than the result.
    const std::string sums = tensor(within, c.dst, lie, "f32", true);
    return "finalize operation graph: conv_forward x " + tensor(id(Operand::src), c.src, lie, type) + " w " +
           tensor(id(Operand::weights), weights, lie, type) + " y " + sums + window(c) + "; add x " + sums +
           " b " + tensor(id(Operand::bias), {1, c.dst.c, 1, 1}, lie, type) + " y " +
           tensor(id(Operand::dst), c.dst, lie, type);
}

class Calls : public testing::Test {
   protected:
    void SetUp() override { stand_in().reset(); }
    void TearDown() override {
        stand_in().reset();
        EXPECT_EQ(stand_in().live("backend"), 0);
        EXPECT_EQ(stand_in().live("tensor"), 0);
        EXPECT_EQ(stand_in().live("lrn"), 0);
    }
};

class LayerCalls : public Calls, public testing::WithParamInterface<Layer> {};

TEST_P(LayerCalls, DescribeTheConvolution) {
    for (const OpKind kind : passes)
        for (const Precision precision : precisions)
            for (const auto lie : {nchw, nhwc}) {
                stand_in().reset();
                const Convolution c = convolution(GetParam());
                const std::string what =
                    std::string(name(kind)) + ", " + name(precision) + ", " + (lie == nchw ? "nchw" : "nhwc");
                const auto made = plan(kind, c, lie == nchw ? "nchw" : "nhwc", in(precision));
                ASSERT_TRUE(made) << what;
                const auto graphs = stand_in_log("finalize operation graph");
                ASSERT_FALSE(graphs.empty());
                EXPECT_EQ(graphs.back(), graph_of(kind, c, lie, precision)) << what;
            }
}

TEST_P(LayerCalls, StateTheLayoutThatTheyDescribe) {
    const Convolution c = convolution(GetParam());
    for (const OpKind kind : passes)
        for (const Precision precision : precisions)
            for (const auto lie : {nchw, nhwc}) {
                const auto made = plan(kind, c, lie == nchw ? "nchw" : "nhwc", in(precision));
                ASSERT_TRUE(made);
                const std::size_t element = precision == Precision::bf16 ? 2 : 4;
                for (const Operand o : {Operand::src, Operand::dst, Operand::diff_src, Operand::diff_dst}) {
                    const Layout& layout = made->layout(o);
                    if (layout.bytes == 0) continue;
                    const bool input = o == Operand::src || o == Operand::diff_src;
                    EXPECT_EQ(layout.kind, lie);
                    EXPECT_EQ(size_of(layout.type), element);
                    EXPECT_EQ(layout.bytes,
                              static_cast<std::size_t>((input ? c.src : c.dst).count()) * element);
                }
            }
}

INSTANTIATE_TEST_SUITE_P(AlexNet, LayerCalls, testing::ValuesIn(layers),
                         [](const auto& each) { return std::string(each.param.name); });

/// What is refused is not offered, and the tables pass over it: so here it must be offered.
TEST_F(Calls, DescribeWhatIsNotSquare) {
    const Convolution c{{2, 4, 11, 6}, {2, 6, 6, 6}, 3, 5, 2, 1, 1, 2, 2};
    for (const OpKind kind : passes)
        for (const auto lie : {nchw, nhwc}) {
            stand_in().reset();
            ASSERT_TRUE(plan(kind, c, lie == nchw ? "nchw" : "nhwc")) << name(kind);
            EXPECT_EQ(stand_in_log("finalize operation graph").back(),
                      graph_of(kind, c, lie, Precision::fp32));
        }
}

TEST_F(Calls, LeaveTheReluToOurKernel) {
    Convolution c = convolution(layers[1]);
    c.relu = true;
    ASSERT_TRUE(plan(OpKind::conv_forward, c, "nchw"));
    EXPECT_EQ(stand_in_log("finalize operation graph").back(),
              graph_of(OpKind::conv_forward, c, nchw, Precision::fp32));
}

/// More padding below and to the right than above and to the left, where dst says so.
TEST_F(Calls, PadBehindAsFarAsTheResultReaches) {
    Convolution c = convolution(layers[2]);
    c.bias = false, c.stride_h = c.stride_w = 2;
    c.dst.h = c.dst.w = 8;  // 7 without another row: 2 * 7 + 3 = 13 + 1 + 3
    ASSERT_TRUE(plan(OpKind::conv_forward, c, "nchw"));
    const std::string graph = stand_in_log("finalize operation graph").back();
    EXPECT_NE(graph.find(" pre [1,1] post [3,3] "), std::string::npos) << graph;
}

// -------------------------------------------------------------------------------------------------
// Engines

constexpr unsigned note(cudnnBackendNumericalNote_t which) {
    return 1U << static_cast<unsigned>(which);
}
constexpr unsigned tensor_core = note(CUDNN_NUMERICAL_NOTE_TENSOR_CORE);

void offer(const std::vector<StandInEngine>& engines) {
    stand_in().reset();
    const StandInEngine none;  // null would mean the usual ones
    stand_in().offer(engines.empty() ? &none : engines.data(), static_cast<long>(engines.size()));
}

std::string chosen(OpKind kind, Precision precision, const std::string& way = "",
                   std::size_t workspace = ~std::size_t{0}) {
    Limits limits = in(precision);
    limits.workspace_bytes = workspace;
    const auto made = plan(kind, convolution(layers[2], 1), way, limits);
    return made ? made->variant().substr(0, made->variant().find(" (")) : "none";
}

TEST_F(Calls, TakeNoEngineThatTheLimitsForbid) {
    for (const OpKind kind : passes) {
        offer({{5, tensor_core}});
        EXPECT_EQ(chosen(kind, Precision::fp32), "none") << "a tensor core multiplies f32 in TF32";
        EXPECT_EQ(chosen(kind, Precision::tf32), "engine 5");
        EXPECT_EQ(chosen(kind, Precision::bf16), "engine 5");
        for (const auto which :
             {CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC, CUDNN_NUMERICAL_NOTE_WINOGRAD, CUDNN_NUMERICAL_NOTE_FFT,
              CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS, CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION})
            for (const Precision precision : precisions) {
                offer({{5, note(which)}});
                EXPECT_EQ(chosen(kind, precision), "none") << which;
            }
        offer({{5, note(CUDNN_NUMERICAL_NOTE_STRICT_NAN_PROP)}});
        EXPECT_EQ(chosen(kind, Precision::fp32), "engine 5");
        offer({{5, tensor_core}, {6, 0, 0, 0, false, false}, {7}});
        EXPECT_EQ(chosen(kind, Precision::fp32), "engine 7") << "6 is named in vain";
        offer({{5, tensor_core}, {6, 0, 0, 0, true}});
        EXPECT_EQ(chosen(kind, Precision::fp32), "engine 6") << "the fallback is asked, too";
        offer({});
        EXPECT_EQ(chosen(kind, Precision::fp32), "none");
    }
}

TEST_F(Calls, CountRanksAmongEnginesThatMayBeTaken) {
    offer({{5, tensor_core},
           {6},
           {6},
           {7, note(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)},
           {8},
           {6, 0, 0, 0, true},
           {9, 0, 0, 0, true}});
    for (const OpKind kind : passes) {
        EXPECT_EQ(chosen(kind, Precision::fp32, "nchw"), "engine 6");
        EXPECT_EQ(chosen(kind, Precision::fp32, "nchw2"), "engine 8") << "6 is named twice";
        EXPECT_EQ(chosen(kind, Precision::fp32, "nchw3"), "engine 9");
        EXPECT_EQ(chosen(kind, Precision::tf32, "nhwc"), "engine 5");
        EXPECT_EQ(chosen(kind, Precision::tf32, "nhwc2"), "engine 6");
    }
    offer({{6, 0, 0, 0, false, true, 1}, {6, 0, 0, 0, false, true, 2}});
    EXPECT_EQ(chosen(OpKind::conv_forward, Precision::fp32, "nchw2"), "engine 6")
        << "other knobs are another";
    EXPECT_EQ(chosen(OpKind::conv_forward, Precision::fp32, "nchw3"), "none");
}

TEST_F(Calls, KeepToTheWorkspace) {
    for (const OpKind kind : passes) {
        offer({{5, 0, 6400}, {6, 0, 64}, {7}});
        EXPECT_EQ(chosen(kind, Precision::fp32, "nchw", 6400), "engine 5");
        EXPECT_EQ(chosen(kind, Precision::fp32, "nchw", 6399), "engine 6");
        EXPECT_EQ(chosen(kind, Precision::fp32, "nchw", 63), "engine 7");
        EXPECT_EQ(chosen(kind, Precision::fp32, "nchw", 0), "engine 7");
    }
    // Where a plan takes some for itself, all of it together stays within the limit.
    for (const std::size_t most : {0U, 1000U, 500'000U, 3'600'000U, 4'000'000U})
        for (const OpKind kind : passes)
            for (const Precision precision : precisions) {
                Limits limits = in(precision);
                limits.workspace_bytes = most;
                offer({{5, 0, 100'001}, {6, 0, 100}, {7}});
                const auto made = plan(kind, convolution(layers[2], 1), "nhwc", limits);
                if (made) {
                    EXPECT_LE(made->workspace_bytes(), most) << name(kind);
                }
            }
}

/// The whole workspace of an engine is overwritten at every run: what lies behind it must not be.
TEST_F(Calls, GiveEachEngineItsWorkspace) {
    const Convolution c{{1, 8, 5, 6}, {1, 12, 5, 6}, 3, 3, 1, 1, 1, 1, 2};
    for (const OpKind kind : passes)
        for (const Precision precision : precisions)
            for (const char* way : {"nchw", "nhwc"}) {
                offer({{5, 0, 1001}});
                const Problem problem = make_problem({kind, c}, precision);
                const auto rig = Rig::build(problem, entry(kind, way), in(precision));
                ASSERT_TRUE(rig);
                EXPECT_GE(rig->plan().workspace_bytes(), 1001U);
                rig->load();
                rig->run();
                EXPECT_EQ(rig->damage(), std::vector<std::string>{});
                const auto runs = stand_in_log("execute");
                ASSERT_EQ(runs.size(), 1U);
                EXPECT_NE(runs[0].find("; workspace 1001; engine 5 "), std::string::npos) << runs[0];
            }
}

// -------------------------------------------------------------------------------------------------
// Numbers that the tables have no place for

/// Each operand's rounding to TF32 (2^-11, relative) moves a product by twice that.
TEST_F(Calls, MultiplyInTf32WhereThatIsAllowed) {
    const Convolution c{{2, 8, 5, 6}, {2, 12, 5, 6}, 3, 3, 1, 1, 1, 1, 2};
    for (const OpKind kind : passes) {
        Problem problem = make_problem({kind, c});
        const auto rig = Rig::build(problem, entry(kind, ""), in(Precision::tf32));
        ASSERT_TRUE(rig);
        EXPECT_EQ(rig->plan().layout(kind == OpKind::conv_forward ? Operand::src : Operand::diff_dst).kind,
                  nhwc)
            << "tensor cores read NHWC";
        rig->load();
        rig->run();
        for (auto& [operand, expected] : problem.outputs) {
            if (operand != Operand::diff_bias) {
                EXPECT_TRUE(difference(expected, rig->read(operand), DataType::f32))
                    << "as exact as fp32: no tensor core was used";
                for (double& bound : expected.bound) bound *= 0x1p14;  // 2^-10 for 2^-24
            }
            EXPECT_EQ(difference(expected, rig->read(operand), DataType::f32), std::nullopt) << name(operand);
        }
    }
}

TEST_F(Calls, TransformOnlyWhereAskedTo) {
    const Convolution c{{2, 8, 5, 6}, {2, 12, 5, 6}, 3, 3, 1, 1, 1, 1, 1};
    for (const OpKind kind : {OpKind::conv_forward, OpKind::conv_backward_data}) {
        stand_in().reset();
        Problem problem = make_problem({kind, c});
        const auto rig = Rig::build(problem, entry(kind, "winograd"), {});
        ASSERT_TRUE(rig);
        EXPECT_EQ(rig->plan().variant().substr(0, 9), "engine 36");
        rig->load();
        rig->run();
        for (auto& [operand, expected] : problem.outputs) {
            for (std::size_t k = 0; k < expected.known(); ++k)
                expected.bound[k] += 1.1e-3 * (std::fabs(expected.value[k]) + 1);
            EXPECT_EQ(difference(expected, rig->read(operand), DataType::f32), std::nullopt);
        }
    }
}

TEST_F(Calls, TellWhatLrnAndSoftmaxAre) {
    const auto ran = [](OpKind kind, const Descriptor& d, const char* line) {
        stand_in().reset();
        const Problem problem = make_problem({kind, d});
        const auto rig = Rig::build(problem, entry(kind, ""), {});
        ASSERT_TRUE(rig);
        rig->load();
        rig->run();
        const auto lines = stand_in_log(name(kind));
        ASSERT_FALSE(lines.empty());
        EXPECT_EQ(lines.back().substr(0, std::string(line).size()), line);
    };
    Lrn lrn;
    lrn.shape = {2, 6, 3, 4}, lrn.size = 5, lrn.alpha = 2e-4F, lrn.beta = 0.75F, lrn.k = 1.5F;
    ran(OpKind::lrn_forward, lrn,
        "lrn_forward x 0:f32[2,6,3,4]/[72,12,4,1]@4 y 0:f32[2,6,3,4]/[72,12,4,1]@4 size 5 alpha 0.000200 "
        "beta "
        "0.750000 k 1.500000; stream");
    ran(OpKind::lrn_backward, lrn,
        "lrn_backward dx 0:f32[2,6,3,4]/[72,12,4,1]@4 size 5 alpha 0.000200 beta 0.750000 k 1.500000; "
        "stream");
    ran(OpKind::softmax_forward, Softmax{{3, 7, 1, 1}}, "softmax_forward x 0:f32[3,7,1,1]/[7,1,1,1]@4 mode ");
    ran(OpKind::softmax_backward, Softmax{{3, 7, 1, 1}},
        "softmax_backward y 0:f32[3,7,1,1]/[7,1,1,1]@4 mode ");
}

}  // namespace
}  // namespace emulsion::kernels::tests
