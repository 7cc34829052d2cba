// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What kernels/cublas tells the library: every descriptor in full, and the order of calls.
#include <limits>
#include <sstream>
#include <thread>

#include "tests/kernels/cublas/over_standin.h"

namespace emulsion::kernels::tests {
namespace {

class CublasCalls : public OverStandIn {
   protected:
    static std::unique_ptr<Rig> rig(OpKind kind, const FullyConnected& layer, Precision precision,
                                    const std::string& way = "", std::size_t workspace = 1 << 20) {
        auto built = Rig::build(make_problem({kind, layer}, precision), entry(kind, way),
                                limits_of(precision, workspace));
        if (built) built->load();
        return built;
    }
    static std::string address(const Rig& rig, Operand operand) {
        std::ostringstream out;
        out << static_cast<const void*>(rig.bytes(operand).data());
        return out.str();
    }
};

TEST_F(CublasCalls, OfAPlanAndOfARunComeInOrder) {
    std::unique_ptr<Rig> made;
    const Lines planned = calls_of([&] {
        entry(OpKind::fc_forward).plan({OpKind::fc_forward, small_layer}, limits_of({}));
    });
    const std::string product =
        "compute=32F scale=f32 op=TN A=f32:32x10:32 B=f32:32x3:32 D=f32:10x3:10 epilogue=BIAS";
    EXPECT_EQ(planned, (Lines{
                           "cublasLtMatmulDescCreate",
                           "cublasLtMatmulDescSetAttribute 3",  // TRANSA
                           "cublasLtMatmulDescSetAttribute 4",  // TRANSB
                           "cublasLtMatmulDescSetAttribute 7",  // EPILOGUE
                           "cublasLtMatmulDescSetAttribute 8",  // BIAS_POINTER, for its alignment
                           "cublasLtMatrixLayoutCreate f32:32x10:32",
                           "cublasLtMatrixLayoutCreate f32:32x3:32",
                           "cublasLtMatrixLayoutCreate f32:10x3:10",
                           "cublasLtMatmulPreferenceCreate",
                           "cublasLtMatmulPreferenceSetAttribute 1",  // MAX_WORKSPACE_BYTES
                           "cublasLtMatmulPreferenceSetAttribute 3",  // REDUCTION_SCHEME_MASK
                           "cublasLtMatmulPreferenceSetAttribute 5",  // MIN_ALIGNMENT_A, B, C, D
                           "cublasLtMatmulPreferenceSetAttribute 6",
                           "cublasLtMatmulPreferenceSetAttribute 7",
                           "cublasLtMatmulPreferenceSetAttribute 8",
                           "cublasLtMatmulAlgoGetHeuristic " + product +
                               " workspace=1048384 schemes=2 alignments=64,64,64,64, bias=0x40",
                           "cublasLtMatmulPreferenceDestroy",
                           "cublasLtMatmulAlgoConfigGetAttribute 0",
                           "cublasLtMatrixLayoutDestroy",
                           "cublasLtMatrixLayoutDestroy",
                           "cublasLtMatrixLayoutDestroy",
                           "cublasLtMatmulDescDestroy",
                       }));
    made = rig(OpKind::fc_forward, small_layer, {});
    EXPECT_EQ(standin().descriptors(), 4);
    const Lines run = calls_of([&] { made->run(); });
    EXPECT_EQ(run, (Lines{"cublasLtMatmulDescSetAttribute 8", "cublasLtMatmul " + product +
                                                                  " bias=" + address(*made, Operand::bias) +
                                                                  " algorithm=1 workspace=0 stream=0"}));
}

/// A product as it must be stated, by hand: columns first.
struct Stated {
    OpKind kind;
    bool bias, relu;
    const char *shapes, *epilogue;
};
constexpr Stated all_stated[] = {
    {OpKind::fc_forward, true, false, "op=TN A=T:32x10:32 B=T:32x3:32 D=f32:10x3:10", "BIAS"},
    {OpKind::fc_forward, false, false, "op=TN A=T:32x10:32 B=T:32x3:32 D=f32:10x3:10", "none"},
    // A kernel of ours adds the bias along with ReLU, which is never the library's.
    {OpKind::fc_forward, true, true, "op=TN A=T:32x10:32 B=T:32x3:32 D=f32:10x3:10", "none"},
    {OpKind::fc_forward, false, true, "op=TN A=T:32x10:32 B=T:32x3:32 D=f32:10x3:10", "none"},
    {OpKind::fc_backward_data, true, false, "op=NN A=T:32x10:32 B=T:10x3:10 D=f32:32x3:32", "none"},
    {OpKind::fc_backward_weights, true, false, "op=NT A=T:32x3:32 B=T:10x3:10 D=f32:32x10:32", "BGRADB"},
    {OpKind::fc_backward_weights, false, false, "op=NT A=T:32x3:32 B=T:10x3:10 D=f32:32x10:32", "none"},
};
struct Arithmetic {
    Precision precision;
    const char *compute, *type;
};
constexpr Arithmetic arithmetics[] = {
    {Precision::fp32, "32F", "f32"},
    {Precision::tf32, "32F_FAST_TF32", "f32"},
    {Precision::bf16, "32F", "bf16"},
};

std::string with_type(std::string text, const std::string& type) {
    for (auto at = text.find("=T:"); at != std::string::npos; at = text.find("=T:"))
        text.replace(at + 1, 1, type);
    return text;
}

TEST_F(CublasCalls, StateEveryProductInFull) {
    for (const Stated& s : all_stated)
        for (const Arithmetic& arithmetic : arithmetics)
            for (const char* way : {"", "lt2"}) {
                const FullyConnected layer{small_layer.src, small_layer.outputs, s.bias, s.relu};
                SCOPED_TRACE(describe({s.kind, layer}) + " " + name(arithmetic.precision) + " " + way);
                const auto made = rig(s.kind, layer, arithmetic.precision, way);
                ASSERT_NE(made, nullptr);
                const std::string product = std::string("compute=") + arithmetic.compute + " scale=f32 " +
                                            with_type(s.shapes, arithmetic.type) + " epilogue=" + s.epilogue;
                const bool none = std::string(s.epilogue) == "none";
                const Operand vector = s.kind == OpKind::fc_forward ? Operand::bias : Operand::diff_bias;
                const std::string named =
                    "cublasLtMatmulAlgoGetHeuristic " + product +
                    " workspace=1048384 schemes=2 alignments=64,64,64,64, bias=" + (none ? "0" : "0x40");
                const Lines heuristics = standin().lines("cublasLtMatmulAlgoGetHeuristic");
                ASSERT_FALSE(heuristics.empty());
                EXPECT_EQ(heuristics.back(), named);
                made->run();
                const std::string algorithm =
                    *way == 0 ? "algorithm=1 workspace=0" : "algorithm=2 workspace=5000";
                EXPECT_EQ(standin().lines("cublasLtMatmul").back(),
                          "cublasLtMatmul " + product + " bias=" + (none ? "0" : address(*made, vector)) +
                              " " + algorithm + " stream=0");
            }
}

TEST_F(CublasCalls, DoWithoutAnEpilogueThatNoAlgorithmHas) {
    for (const OpKind kind : {OpKind::fc_forward, OpKind::fc_backward_weights})
        for (const Precision precision : {Precision::fp32, Precision::bf16}) {
            standin().reset();
            const auto made = rig(kind, small_layer, precision, "lt3");
            ASSERT_NE(made, nullptr);
            EXPECT_EQ(made->plan().variant(), "cublasLt algorithm 3");
            // supports() asks as plan() does.
            EXPECT_EQ(standin().lines("cublasLtMatmulAlgoGetHeuristic").size(), 4);
            made->run();
            const std::string run = standin().lines("cublasLtMatmul").back();
            EXPECT_NE(run.find("epilogue=none bias=0 algorithm=3 workspace=70000"), std::string::npos) << run;
            const Verdict verdict =
                check(make_problem({kind, small_layer}, precision), entry(kind, "lt3"), limits_of(precision));
            EXPECT_EQ(join(verdict.complaints), "");
        }
}

TEST_F(CublasCalls, KeepToTheLimitOfTheWorkspace) {
    struct Case {
        std::size_t limit, allowed;
        bool second, gemm;
    };
    constexpr std::size_t any = ~std::size_t{0}, most = CUBLAS_VER_MAJOR >= 12 ? 32 << 20 : 4 << 20;
    constexpr Case cases[] = {
        {0, 0, false, false},        {191, 0, false, false},     {192, 0, false, false},
        {193, 1, false, false},      {5191, 4999, false, false}, {5192, 5000, true, false},
        {16575, 16383, true, false}, {16576, 16384, true, true}, {1 << 20, 1048384, true, true},
        {any, most, true, true},
    };
    for (const OpKind kind : kinds)
        for (const Case& c : cases) {
            SCOPED_TRACE(std::string(name(kind)) + " within " + std::to_string(c.limit));
            const Operation op{kind, small_layer};
            const Limits limits = limits_of(Precision::fp32, c.limit);
            ASSERT_TRUE(entry(kind).supports(op, limits));
            EXPECT_EQ(entry(kind).plan(op, limits)->workspace_bytes(), 0);
            EXPECT_NE(standin()
                          .lines("cublasLtMatmulAlgoGetHeuristic")
                          .back()
                          .find(" workspace=" + std::to_string(c.allowed) + " "),
                      std::string::npos);
            EXPECT_EQ(entry(kind, "lt2").supports(op, limits), c.second);
            EXPECT_EQ(entry(kind, "gemm").supports(op, limits), c.gemm);
            const auto taken = [&](const char* way) {
                return entry(kind, way).plan(op, limits)->workspace_bytes();
            };
            EXPECT_TRUE(!c.second || taken("lt2") == 5192);
            EXPECT_TRUE(!c.gemm || taken("gemm") == c.allowed + 192);
        }
}

/// The gradient of the bias, where it is ours to sum, takes the bf16 operand as f32.
TEST_F(CublasCalls, CountTheWideCopyOfABf16GradientAsWorkspace) {
    const StandInAlgorithm plain[] = {{5, 0, 0, 16, 0, 0}};
    standin().offer(plain, 1);
    const OpKind kind = OpKind::fc_backward_weights;
    const Operation op{kind, small_layer};
    EXPECT_EQ(entry(kind).plan(op, limits_of(Precision::bf16))->workspace_bytes(), 3 * 10 * sizeof(float));
    EXPECT_TRUE(entry(kind).supports(op, limits_of(Precision::bf16, 120)));
    EXPECT_FALSE(entry(kind).supports(op, limits_of(Precision::bf16, 119)));
    EXPECT_EQ(entry(kind).plan(op, limits_of(Precision::fp32))->workspace_bytes(), 0);
}

TEST_F(CublasCalls, OfTheClassicRoutinesLendThemAWorkspaceAfterTheStream) {
    for (const Stated& s : all_stated)
        for (const Arithmetic& arithmetic : arithmetics) {
            const FullyConnected layer{small_layer.src, small_layer.outputs, s.bias, s.relu};
            SCOPED_TRACE(describe({s.kind, layer}) + " " + name(arithmetic.precision));
            const auto made = rig(s.kind, layer, arithmetic.precision, "gemm", 20192);
            ASSERT_NE(made, nullptr);
            const Lines run = calls_of([&] { made->run(); });
            const char* const shapes =
                s.kind == OpKind::fc_forward         ? "op=TN m=10 n=3 k=32 T lda=32 ldb=32 ldc=10"
                : s.kind == OpKind::fc_backward_data ? "op=NN m=32 n=3 k=10 T lda=32 ldb=10 ldc=32"
                                                     : "op=NT m=32 n=10 k=3 T lda=32 ldb=10 ldc=32";
            std::string told = std::string("compute=") + arithmetic.compute + " math=0 " + shapes;
            told.replace(told.find(" T ") + 1, 1, arithmetic.type);
            const std::string routine =
                arithmetic.precision == Precision::fp32 ? "cublasSgemm" : "cublasGemmEx";
            EXPECT_EQ(run, (Lines{"cublasSetStream 0", "cublasSetWorkspace 20000", "cublasSetMathMode 0",
                                  routine + " " + told + " workspace=20000 stream=0"}));
        }
}

/// A plan's workspace lies at a multiple of 64 bytes, cuBLAS's must at one of 256.
TEST_F(CublasCalls, KeepToAWorkspaceThatLiesAnywhere) {
    for (const char* way : {"lt2", "lt3", "gemm"}) {
        const auto made = rig(OpKind::fc_backward_data, small_layer, Precision::fp32, way, 100000);
        ASSERT_NE(made, nullptr);
        Arguments arguments;
        for (const Operand o : {Operand::weights, Operand::diff_dst, Operand::diff_src})
            arguments.set(o, made->bytes(o).data());
        constexpr std::size_t around = 1024;
        const std::size_t bytes = made->plan().workspace_bytes();
        const auto memory = make_buffer(DeviceKind::emulated, bytes + 2 * around);
        for (std::size_t offset = around; offset < around + 256; offset += 64) {
            memory->fill(std::byte{1});
            made->plan().run(arguments, static_cast<std::byte*>(memory->data()) + offset, Stream{});
            const auto now = memory->read();
            const auto touched = [&](std::size_t from, std::size_t to) {
                return std::any_of(now.begin() + static_cast<std::ptrdiff_t>(from),
                                   now.begin() + static_cast<std::ptrdiff_t>(to),
                                   [](std::byte each) { return each != std::byte{1}; });
            };
            EXPECT_FALSE(touched(0, offset)) << way << " at " << offset;
            EXPECT_TRUE(touched(offset, offset + bytes)) << way << " at " << offset;
            EXPECT_FALSE(touched(offset + bytes, now.size())) << way << " at " << offset;
        }
    }
}

TEST_F(CublasCalls, GoToTheStreamOfTheCaller) {
    int stream = 0;
    for (const char* way : ways) {
        const Operation op{OpKind::fc_backward_data, small_layer};
        const auto made = rig(OpKind::fc_backward_data, small_layer, Precision::fp32, way);
        ASSERT_NE(made, nullptr);
        const auto workspace = make_buffer(DeviceKind::emulated, made->plan().workspace_bytes());
        Arguments arguments;
        for (const Operand o : {Operand::weights, Operand::diff_dst, Operand::diff_src})
            arguments.set(o, made->bytes(o).data());
        const Lines run = calls_of([&] {
            made->plan().run(arguments, workspace->data(), Stream{nullptr, &stream});
        });
        std::ostringstream wanted;
        wanted << "stream=" << static_cast<void*>(&stream);
        EXPECT_NE(run.back().find(wanted.str()), std::string::npos) << way << ": " << run.back();
    }
}

TEST_F(CublasCalls, NeverAllowTf32InFp32) {
    for (const OpKind kind : kinds)
        for (const char* way : ways) {
            const auto made = rig(kind, small_layer, Precision::fp32, way);
            ASSERT_NE(made, nullptr);
            made->run();
        }
    for (const std::string& line : standin().lines()) {
        EXPECT_EQ(line.find("TF32"), std::string::npos) << line;
        EXPECT_TRUE(line.rfind("cublasSetMathMode", 0) != 0 || line == "cublasSetMathMode 0") << line;
    }
}

TEST_F(CublasCalls, FallToTheClassicRoutinesWhereNothingIsNamed) {
    standin().offer(nullptr, 0);
    for (const OpKind kind : kinds)
        for (const Precision precision : {Precision::fp32, Precision::tf32, Precision::bf16}) {
            const Operation op{kind, small_layer};
            EXPECT_EQ(entry(kind).plan(op, limits_of(precision))->variant(),
                      precision == Precision::fp32 ? "cublasSgemm" : "cublasGemmEx");
            EXPECT_FALSE(entry(kind, "lt2").supports(op, limits_of(precision)));
            EXPECT_FALSE(entry(kind).supports(op, limits_of(precision, 16575)));
            if (precision == Precision::tf32) continue;  // no bound is known to the oracle
            const Verdict verdict = check(make_problem(op, precision), entry(kind), limits_of(precision));
            EXPECT_TRUE(verdict.supported);
            EXPECT_EQ(join(verdict.complaints), "");
        }
}

TEST_F(CublasCalls, AreNotMadeForWhatIsNotOffered) {
    for (const OpKind kind : kinds)
        for (const char* way : ways) {
            const Operation op{kind, small_layer};
            Limits limits = limits_of(Precision::tf32x3);
            EXPECT_FALSE(entry(kind, way).supports(op, limits));
            limits = limits_of(Precision::fp32);
            EXPECT_TRUE(entry(kind, way).supports(op, limits));
            limits.batch_invariant = true;
            EXPECT_FALSE(entry(kind, way).supports(op, limits));
            const FullyConnected huge{{1 << 16, 1 << 15, 1, 1}, 10};
            EXPECT_FALSE(entry(kind, way).supports({kind, huge}, limits_of(Precision::fp32)));
        }
    for (int i = 0; i < op_kind_count; ++i) {
        const bool ours = std::count(std::begin(kinds), std::end(kinds), static_cast<OpKind>(i)) != 0;
        EXPECT_EQ(under_test(static_cast<OpKind>(i)).size(), ours ? std::size(ways) : 0);
    }
}

TEST_F(CublasCalls, KeepANaNThroughRelu) {
    const FullyConnected layer{{2, 4, 1, 1}, 3, true, true};
    for (const Precision precision : {Precision::fp32, Precision::bf16})
        for (const char* way : ways) {
            Problem problem = make_problem({OpKind::fc_forward, layer}, precision);
            problem.inputs[Operand::src].cells[5] = std::numeric_limits<double>::quiet_NaN();
            const auto made = Rig::build(problem, entry(OpKind::fc_forward, way), limits_of(precision));
            ASSERT_NE(made, nullptr);
            made->load();
            made->run();
            const Values dst = made->read(Operand::dst);
            for (std::size_t i = 0; i < dst.size(); ++i)
                EXPECT_EQ(std::isnan(dst[i]), i >= 3) << way << " cell " << i;
        }
}

// ---------------------------------------------------------------------------------------------
// Handles

TEST_F(CublasCalls, TakeAHandleForEachThreadAndCard) {
    const int before = standin().handles();
    std::thread([&] {
        const auto plan_on = [](int card, const char* way) {
            card_under_test = card;
            entry(OpKind::fc_forward, way).plan({OpKind::fc_forward, small_layer}, limits_of({}));
        };
        for (const int card : {0, 1, 0, 1}) plan_on(card, "");
        EXPECT_EQ(standin().handles(), before + 2);
        plan_on(0, "gemm");
        EXPECT_EQ(standin().handles(), before + 3);
        card_under_test = 0;
        EXPECT_EQ(emulated::cublas::handle(), emulated::cublas::handle());
        EXPECT_EQ(standin().handles(), before + 3);
    }).join();
    EXPECT_EQ(standin().handles(), before);
}

}  // namespace
}  // namespace emulsion::kernels::tests
