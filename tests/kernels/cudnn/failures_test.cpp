// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The order of kernels/cudnn's calls, what it gives back, and what becomes of cuDNN's errors.
#include <cudnn.h>
#include <gtest/gtest.h>

#include <thread>

#include "kernels/cudnn/api.h"
#include "tests/kernels/cudnn/library.h"
#include "tests/kernels/current_card.h"
#include "tests/kernels/rig.h"
#include "tests/kernels/under_test.h"

namespace emulsion::kernels::tests {
namespace {

using emulated::cudnn::open;

/// An operation of each plan class, in the precision in which that makes most calls.
struct Subject {
    const char* name;
    Operation operation;
    Precision precision;
};

std::vector<Subject> subjects() {
    const Convolution c{{2, 4, 5, 6}, {2, 6, 5, 6}, 3, 3, 1, 1, 1, 1, 2};
    Pool pool;
    pool.src = {2, 3, 6, 6}, pool.dst = {2, 3, 3, 3};
    Lrn lrn;
    lrn.shape = {2, 6, 3, 4};
    const Softmax softmax{{3, 7, 1, 1}};
    return {{"forward", {OpKind::conv_forward, c}, Precision::fp32},
            {"forward_bf16", {OpKind::conv_forward, c}, Precision::bf16},
            {"data", {OpKind::conv_backward_data, c}, Precision::tf32},
            {"weights", {OpKind::conv_backward_weights, c}, Precision::bf16},
            {"pool", {OpKind::pool_forward, pool}, Precision::fp32},
            {"lrn", {OpKind::lrn_forward, lrn}, Precision::fp32},
            {"lrn_backward", {OpKind::lrn_backward, lrn}, Precision::fp32},
            {"softmax", {OpKind::softmax_forward, softmax}, Precision::fp32},
            {"softmax_backward", {OpKind::softmax_backward, softmax}, Precision::fp32}};
}

/// Runs `body` in a thread of its own, so that the thread's handle is made and given back within; what it
/// threw, or "".
template <class Body>
std::string in_a_thread(Body&& body) {
    std::string thrown;
    std::thread([&] {
        try {
            body();
        } catch (const KernelError& error) {
            thrown = error.what();
        }
    }).join();
    return thrown;
}

class Failures : public testing::TestWithParam<Subject> {
   protected:
    void SetUp() override { stand_in().reset(); }
    void TearDown() override { stand_in().reset(); }

    const long before_ = stand_in().live("");  ///< the handle of the thread that runs tests

    /// The memory of one run, laid out for plans as they come without failures.
    struct Memory {
        std::map<Operand, std::vector<float>> operands;
        std::vector<float> workspace;
        Arguments arguments;

        explicit Memory(const Plan& plan) : workspace(plan.workspace_bytes() / 4 + 64) {
            for (int i = 0; i < operand_count; ++i) {
                const auto o = static_cast<Operand>(i);
                const std::size_t bytes =
                    std::max(plan.layout(o).bytes, o == Operand::weights ? plan.packed().bytes : 0);
                if (bytes == 0) continue;
                operands[o].assign(bytes / 4 + 64, 0.5F);
                arguments.set(o, aligned(operands[o].data()));
            }
        }
        static void* aligned(void* at) {
            return reinterpret_cast<void*>((reinterpret_cast<std::uintptr_t>(at) + 63) / 64 * 64);
        }
    };

    static std::unique_ptr<Plan> make() {
        Limits limits;
        limits.precision = GetParam().precision;
        const Operation& operation = GetParam().operation;
        return under_test(operation.kind).front().plan(operation, limits);
    }
    /// All that a program does with a plan, on a stream that is not there.
    static void make_and_run(int runs = 1) {
        const auto plan = make();
        Memory memory(*plan);
        for (int i = 0; i < runs; ++i)
            plan->run(memory.arguments, Memory::aligned(memory.workspace.data()), {nullptr, stream});
    }
    static inline void* const stream = reinterpret_cast<void*>(0x40);
};

TEST_P(Failures, AllIsGivenBackWithPlanAndThread) {
    EXPECT_EQ(in_a_thread([] { make_and_run(3); }), "");
    EXPECT_EQ(stand_in().live(""), before_);
    EXPECT_EQ(stand_in().calls("cudnnCreate"), 1) << "one handle a thread";
}

/// NVIDIA does not say that a plan may outlive the handle that it was made with.
TEST_P(Failures, APlanKeepsTheHandleOfTheThreadThatMadeIt) {
    const long before = stand_in().live("handle");
    std::unique_ptr<Plan> plan;
    ASSERT_EQ(in_a_thread([&] { plan = make(); }), "");
    const bool by_graph = stand_in_log("create execution plan").size() != 0;
    EXPECT_EQ(stand_in().live("handle"), before + (by_graph ? 1 : 0));
    plan.reset();
    EXPECT_EQ(stand_in().live("handle"), before);
}

TEST_P(Failures, ARunSetsTheStreamFirstAndLeavesNothing) {
    in_a_thread([] {
        const auto plan = make();
        Memory memory(*plan);
        const long before = stand_in().log_lines(), objects = stand_in().live("");
        plan->run(memory.arguments, Memory::aligned(memory.workspace.data()), {nullptr, stream});
        EXPECT_EQ(stand_in().live(""), objects);
        std::vector<std::string> lines;
        for (long i = before; i < stand_in().log_lines(); ++i) lines.emplace_back(stand_in().log_line(i));
        ASSERT_GE(lines.size(), 2U);
        EXPECT_EQ(lines.front(), "set stream 0x40");
        int ran = 0;
        for (const std::string& line : lines)
            if (line.find("; stream ") != std::string::npos) {
                EXPECT_NE(line.find("; stream 0x40"), std::string::npos) << line;
                ++ran;
            }
        EXPECT_EQ(ran, 1);
    });
}

TEST_P(Failures, PlansAreMadeInOrder) {
    in_a_thread([] { make_and_run(); });
    const std::vector<std::string> order{
        "finalize tensor",         "finalize operation graph", "finalize engine heuristics",
        "finalize execution plan", "finalize variant pack",    "execute"};
    const OpKind kind = GetParam().operation.kind;
    if (kind == OpKind::lrn_forward || kind == OpKind::lrn_backward || kind == OpKind::softmax_forward ||
        kind == OpKind::softmax_backward)
        GTEST_SKIP() << "not of the graph API";
    long last = -1;
    for (const std::string& what : order) {
        long found = -1;
        for (long i = last + 1; i < stand_in().log_lines() && found < 0; ++i)
            if (std::string(stand_in().log_line(i)).compare(0, what.size(), what) == 0) found = i;
        EXPECT_GT(found, last) << what;
        last = found;
    }
}

/// Whichever call fails: one KernelError that names it, and nothing stays behind. Where an engine could not
/// be planned another is taken: a plan is five calls, of which one that is refused makes the first four.
TEST_P(Failures, OfAnyCallAreToldAndCleanedUp) {
    in_a_thread([] { make_and_run(); });
    const long calls = stand_in().calls("");
    ASSERT_GT(calls, 5);
    const auto lines = [](const char* what) { return static_cast<long>(stand_in_log(what).size()); };
    const long made = lines("create execution plan"), complete = lines("finalize execution plan");
    const bool only_one = GetParam().operation.kind == OpKind::pool_forward;
    const long survivable = only_one ? 0 : 4 * (made - complete) + 5 * complete;
    const std::string text = std::string("CUDNN_STATUS_INTERNAL_ERROR: ");
    long told = 0, survived = 0;
    for (long n = 1; n <= calls; ++n) {
        stand_in().reset();
        stand_in().fail("", n, CUDNN_STATUS_INTERNAL_ERROR);
        const std::string thrown = in_a_thread([] { make_and_run(); });
        EXPECT_EQ(stand_in().live(""), before_) << "after call " << n << ": " << thrown;
        std::string line;  // CALL: REASON
        for (const std::string& each : stand_in_log("refused"))
            if (each.find("as the test wants it") != std::string::npos)
                line = each.substr(each.find("cudnn"));
        const std::string call = line.substr(0, line.find(':'));
        if (call.find("Destroy") != std::string::npos) {
            EXPECT_EQ(thrown, "") << "what is given back is gone all the same";
            continue;
        }
        if (thrown.empty() && ++survived <= survivable) continue;
        EXPECT_EQ(thrown.substr(0, call.size() + 2 + text.size()), call + ": " + text) << "call " << n;
        EXPECT_NE(thrown.find("as the test wants it"), std::string::npos) << thrown;
        EXPECT_EQ(thrown.find('\n'), std::string::npos);
        ++told;
    }
    EXPECT_GT(told, 3);
    EXPECT_EQ(survived, survivable);
}

/// Whichever call says that it does not support this: the entry does not either, or finds another way.
TEST_P(Failures, OfSupportAreNoErrors) {
    const Operation& operation = GetParam().operation;
    Limits limits;
    limits.precision = GetParam().precision;
    bool supported = false;
    const auto asks = [&] { supported = under_test(operation.kind).front().supports(operation, limits); };
    in_a_thread(asks);
    const long calls = stand_in().calls("");
    for (long n = 1; n <= calls; ++n) {
        stand_in().reset();
        stand_in().fail("", n, CUDNN_STATUS_NOT_SUPPORTED);
        EXPECT_EQ(in_a_thread(asks), "") << "call " << n;
        EXPECT_EQ(stand_in().live(""), before_) << "after call " << n;
        // A convolution has another layout to go to, where the first or its bias is refused.
        if (std::holds_alternative<Convolution>(operation.descriptor)) {
            EXPECT_TRUE(supported) << "call " << n;
        }
    }
}

TEST(Precisions, OfConvolutionsOnCardsBeforeAmpereAreFp32Alone) {
    const Operation operation = subjects().front().operation;
    Limits limits;
    for (const int capability : {35, 75, 80}) {
        capability_under_test = capability;
        for (const Precision precision : {Precision::fp32, Precision::tf32, Precision::bf16}) {
            limits.precision = precision;
            EXPECT_EQ(under_test(operation.kind).front().supports(operation, limits),
                      precision == Precision::fp32 || capability == 80)
                << capability << " " << name(precision);
        }
    }
    capability_under_test = 90;
}

INSTANTIATE_TEST_SUITE_P(Each, Failures, testing::ValuesIn(subjects()),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(Versions, OthersThanNineAreNotOpened) {
    const auto refusal = [](std::size_t version) -> std::string {
        stand_in().set_version(version);
        try {
            return "opened " + open().version;
        } catch (const NoLibrary& error) {
            return error.what();
        }
    };
    EXPECT_EQ(refusal(91900), "opened 9.19.0");
    EXPECT_EQ(refusal(90000), "opened 9.0.0");
    for (const auto& [version, text] : {std::pair{8906U, "is cuDNN 8.9.6"}, {100102U, "is cuDNN 10.1.2"}}) {
        const std::string why = refusal(version);
        EXPECT_EQ(why.substr(0, 7), "cudnn: ") << why;
        EXPECT_NE(why.find(text), std::string::npos) << why;
        EXPECT_NE(why.find("this program needs 9.x"), std::string::npos) << why;
    }
    stand_in().reset();
}

}  // namespace
}  // namespace emulsion::kernels::tests
