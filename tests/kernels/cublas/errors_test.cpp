// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What comes of a call that fails: one line that says what for, which call, why and what to do; and nothing
// is left.
#include <thread>

#include "tests/kernels/cublas/over_standin.h"
#include "tests/kernels/current_card.h"

namespace emulsion::kernels::tests {
namespace {

std::string failure(const std::function<void()>& work) {
    try {
        work();
    } catch (const KernelError& error) {
        return error.what();
    }
    return "";
}

void expect_has(const std::string& message, const std::vector<std::string>& parts) {
    for (const std::string& part : parts)
        EXPECT_NE(message.find(part), std::string::npos) << "no \"" << part << "\" in: " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

class CublasErrors : public OverStandIn {
   protected:
    static void plan(OpKind kind = OpKind::fc_forward, const char* way = "",
                     Precision precision = Precision::fp32) {
        entry(kind, way).plan({kind, small_layer}, limits_of(precision));
    }
};

struct Call {
    const char* function;
    int calls;  ///< of it, in one plan
};
constexpr Call calls_of_a_plan[] = {
    {"cublasLtMatmulDescCreate", 1},
    {"cublasLtMatmulDescSetAttribute", 4},
    {"cublasLtMatrixLayoutCreate", 3},
    {"cublasLtMatmulPreferenceCreate", 1},
    {"cublasLtMatmulPreferenceSetAttribute", 6},
    {"cublasLtMatmulAlgoGetHeuristic", 1},
    {"cublasLtMatmulAlgoConfigGetAttribute", 1},
};

TEST_F(CublasErrors, OfEveryCallOfAPlanAreToldAndLeaveNothing) {
    for (const Call& call : calls_of_a_plan)
        for (int nth = 0; nth < call.calls; ++nth) {
            SCOPED_TRACE(std::string(call.function) + " " + std::to_string(nth));
            standin().reset();
            standin().fail(call.function, nth, CUBLAS_STATUS_ALLOC_FAILED);
            expect_has(failure([] { plan(); }), {std::string(call.function) + ": ",
                                                 "CUBLAS_STATUS_ALLOC_FAILED", "a smaller batch may fit"});
            EXPECT_EQ(standin().descriptors(), 0);
            EXPECT_EQ(failure([] { plan(); }), "") << "it failed once";
            standin().fail(call.function, nth, CUBLAS_STATUS_ALLOC_FAILED);
            EXPECT_TRUE(entry(OpKind::fc_forward)
                            .supports({OpKind::fc_forward, small_layer}, limits_of(Precision::fp32)))
                << "plan() is to say why";
        }
}

struct Told {
    cublasStatus_t status;
    const char *code, *hint;
};
constexpr Told told[] = {
    {CUBLAS_STATUS_NOT_INITIALIZED, "CUBLAS_STATUS_NOT_INITIALIZED", "nvidia-smi"},
    {CUBLAS_STATUS_ALLOC_FAILED, "CUBLAS_STATUS_ALLOC_FAILED", "a smaller batch may fit"},
    {CUBLAS_STATUS_INVALID_VALUE, "CUBLAS_STATUS_INVALID_VALUE", "the stand-in was told to"},
    {CUBLAS_STATUS_ARCH_MISMATCH, "CUBLAS_STATUS_ARCH_MISMATCH", "has no code for this card"},
    {CUBLAS_STATUS_NOT_SUPPORTED, "CUBLAS_STATUS_NOT_SUPPORTED", "cannot do that"},
    {CUBLAS_STATUS_EXECUTION_FAILED, "CUBLAS_STATUS_EXECUTION_FAILED", "compute-sanitizer"},
};

TEST_F(CublasErrors, OfARunAreToldWithAHint) {
    struct Run {
        const char* way;
        Precision precision;
        std::vector<const char*> functions;
    };
    const Run runs[] = {
        {"", Precision::fp32, {"cublasLtMatmul"}},
        {"gemm",
         Precision::fp32,
         {"cublasSetStream", "cublasSetWorkspace", "cublasSetMathMode", "cublasSgemm"}},
        {"gemm", Precision::bf16, {"cublasGemmEx"}},
    };
    for (const OpKind kind : kinds)
        for (const Run& run : runs)
            for (const char* function : run.functions)
                for (const Told& each : told) {
                    const Operation op{kind, small_layer};
                    const auto rig = Rig::build(make_problem(op, run.precision), entry(kind, run.way),
                                                limits_of(run.precision));
                    ASSERT_NE(rig, nullptr);
                    rig->load();
                    standin().fail(function, 0, each.status);
                    expect_has(failure([&] { rig->run(); }),
                               {std::string(function) + ": ", each.code, each.hint});
                    EXPECT_EQ(failure([&] { rig->run(); }), "") << "it failed once";
                }
}

TEST_F(CublasErrors, ThatAreRefusalsLeadToTheClassicRoutines) {
    for (const cublasStatus_t status : {CUBLAS_STATUS_NOT_SUPPORTED, CUBLAS_STATUS_ARCH_MISMATCH}) {
        const Operation op{OpKind::fc_backward_data, small_layer};
        standin().fail("cublasLtMatmulAlgoGetHeuristic", 0, status);
        EXPECT_EQ(entry(op.kind).plan(op, limits_of(Precision::fp32))->variant(), "cublasSgemm");
        standin().fail("cublasLtMatmulAlgoGetHeuristic", 0, status);
        EXPECT_FALSE(entry(op.kind, "lt2").supports(op, limits_of(Precision::fp32)));
        standin().fail("cublasLtMatmulAlgoGetHeuristic", 0, status);
        expect_has(failure([] { plan(OpKind::fc_backward_data, "lt3"); }), {"fewer than 3 algorithms"});
    }
    expect_has(failure([] {
                   entry(OpKind::fc_forward, "gemm")
                       .plan({OpKind::fc_forward, small_layer}, limits_of(Precision::fp32, 1000));
               }),
               {"16576 bytes", "may have 1000"});
}

TEST_F(CublasErrors, CardsBeforeAmpereServeFp32Alone) {
    capability_under_test = 35;
    const Operation op{OpKind::fc_forward, small_layer};
    for (const char* way : {"", "lt2", "gemm"}) {
        EXPECT_TRUE(entry(op.kind, way).supports(op, limits_of(Precision::fp32))) << way;
        for (const Precision precision : {Precision::tf32, Precision::bf16})
            EXPECT_FALSE(entry(op.kind, way).supports(op, limits_of(precision))) << way << name(precision);
    }
    capability_under_test = 90;
}

/// A handle that could not be made is asked for again.
TEST_F(CublasErrors, OfHandlesAreTold) {
    std::thread([] {
        standin().fail("cublasLtCreate", 0, CUBLAS_STATUS_NOT_INITIALIZED);
        expect_has(failure([] { plan(); }), {"cublasLtCreate: CUBLAS_STATUS_NOT_INITIALIZED", "nvidia-smi"});
        EXPECT_EQ(standin().descriptors(), 0);
        EXPECT_EQ(failure([] { plan(); }), "");
        standin().fail("cublasCreate", 0, CUBLAS_STATUS_ALLOC_FAILED);
        expect_has(failure([] { emulated::cublas::handle(); }),
                   {"cublasCreate: CUBLAS_STATUS_ALLOC_FAILED", "a smaller batch"});
    }).join();
}

TEST_F(CublasErrors, ThatThereIsNoCardAreTold) {
    card_under_test = -1;
    expect_has(failure([] { plan(); }), {"cudaErrorNoDevice"});
    EXPECT_EQ(standin().descriptors(), 0);
    card_under_test = 0;
}

}  // namespace
}  // namespace emulsion::kernels::tests
