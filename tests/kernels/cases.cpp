// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>

#include "tests/kernels/card.h"
#include "tests/kernels/under_test.h"

namespace emulsion::kernels::tests {
namespace {

/// A case by one implementation.
struct Trial {
    Case what;
    const Implementation* by;
};

struct Setting {
    int threads;
    bool training;
    std::optional<Layout::Kind> arriving;  ///< how values arrive, where that is known
    Precision precision;
    std::size_t workspace_bytes;
    bool for_large;  ///< also for operations with more than `large` bytes of operands
};

constexpr std::size_t any = ~std::size_t{0};
constexpr double large = 32e6;
constexpr auto nchw = Layout::Kind::nchw, nhwc = Layout::Kind::nhwc;
constexpr Setting settings[] = {
    {1, false, std::nullopt, Precision::fp32, any, false},
    {2, true, std::nullopt, Precision::fp32, any, true},
    {3, false, nchw, Precision::fp32, any, false},
    {2, true, nhwc, Precision::fp32, any, false},
    {2, false, nchw, Precision::fp32, 0, false},
    {2, false, std::nullopt, Precision::bf16, any, true},
    {3, true, nchw, Precision::bf16, any, false},
    {1, false, nhwc, Precision::bf16, any, false},
};

bool must_offer(const Trial& trial) {
    const std::string name = trial.by->name;
    return name == "eigen" || name == "cuda" ||
           (name == "onednn" && *trial.by->way == 0 && trial.what.alexnet &&
            is_fast_kind(trial.what.operation.kind));
}

/// A cheap guess that saves making a large problem for nothing; only check() knows for sure.
bool may_offer(const Trial& trial, const Limits& limits) {
    const OpKind kind = trial.what.operation.kind;
    const bool asks_forward = kind == OpKind::lrn_backward || kind == OpKind::pool_backward;
    return asks_forward || trial.by->supports(trial.what.operation, limits);
}

void run_trial(const Trial& trial) {
    std::map<Precision, Problem> problems;
    const auto problem_in = [&](Precision precision) -> const Problem& {
        if (!problems.contains(precision))
            problems.emplace(precision, trial.what.make ? trial.what.make(precision)
                                                        : make_problem(trial.what.operation, precision));
        return problems.at(precision);
    };
    bool ran = false;
    for (const Setting& setting : settings) {
        if (cost(trial.what.operation).bytes > large && !setting.for_large) continue;
        Limits limits;
        limits.threads = setting.threads;
        limits.training = setting.training;
        limits.precision = setting.precision;
        limits.workspace_bytes = setting.workspace_bytes;
        if (!may_offer(trial, limits)) continue;
        const Problem& problem = problem_in(setting.precision);
        if (setting.arriving) limits = with_arrivals(problem, limits, *setting.arriving);
        const Verdict verdict = check(problem, *trial.by, limits);
        EXPECT_TRUE(verdict.complaints.empty()) << join(verdict.complaints);
        ran = ran || (verdict.supported && setting.precision == Precision::fp32);
    }
    if (ran) return;
    if (must_offer(trial)) FAIL() << trial.by->name << " must offer " << describe(trial.what.operation);
    GTEST_SKIP() << trial.by->name << " does not offer " << describe(trial.what.operation) << " in fp32";
}

class TrialTest : public testing::Test {
   public:
    explicit TrialTest(Trial trial) : trial_(std::move(trial)) {}
    void TestBody() override {
        if (std::string why; !is_there(trial_.by->device, &why)) GTEST_SKIP() << why;
        run_trial(trial_);
    }

   private:
    Trial trial_;
};

}  // namespace

bool register_cases(const std::string& suite, const std::vector<Case>& cases) {
    for (const Case& each : cases)
        for (const auto& [label, implementation] : built_implementations(each.operation.kind)) {
            const std::string test = std::string(name(each.operation.kind)) + "_" + each.name;
            const Trial trial{each, implementation};
            testing::RegisterTest((suite + "/" + label).c_str(), test.c_str(), nullptr, nullptr, __FILE__,
                                  __LINE__, [trial]() -> testing::Test* { return new TrialTest(trial); });
        }
    return true;
}

bool is_fast_kind(OpKind kind) {
    static const std::set<OpKind> kinds{
        OpKind::conv_forward, OpKind::conv_backward_data, OpKind::conv_backward_weights,
        OpKind::fc_forward,   OpKind::fc_backward_data,   OpKind::fc_backward_weights,
        OpKind::relu_forward, OpKind::relu_backward,      OpKind::lrn_forward,
        OpKind::lrn_backward, OpKind::pool_forward,       OpKind::pool_backward,
        OpKind::reorder};
    return kinds.contains(kind);
}

bool onednn_present() {
    const auto all = components();
    return std::any_of(all.begin(), all.end(),
                       [](const Component& c) { return c.name == "oneDNN" && c.present; });
}

std::vector<Labelled> built_implementations(OpKind kind) {
    std::vector<Labelled> labelled;
    std::map<std::string, int> seen;
    for (const auto& implementation : under_test(kind)) {
        std::string label = implementation.name;
        if (implementation.device == DeviceKind::cuda) label += "_gpu";
        if (*implementation.way != 0) label += "_" + std::string(implementation.way);
        const int before = seen[label]++;
        labelled.push_back(
            {label + (before == 0 ? std::string() : std::to_string(before + 1)), &implementation});
    }
    return labelled;
}

std::vector<Labelled> host_implementations(OpKind kind) {
    std::vector<Labelled> labelled = built_implementations(kind);
    std::erase_if(labelled, [](const Labelled& each) { return !is_there(each.implementation->device); });
    return labelled;
}

}  // namespace emulsion::kernels::tests
