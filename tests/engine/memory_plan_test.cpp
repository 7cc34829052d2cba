// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "engine/compiled.h"
#include "tests/engine/nets.h"

namespace emulsion::testing {
namespace {

bool in_arena(const Schedule& s, const Buffer& b) {
    const Role role = s.graph.values[static_cast<std::size_t>(b.value)].role;
    return role != Role::parameter && role != Role::parameter_gradient;
}

/// What a step reads must have been written by then and still be there: plays the schedule with tags
/// instead of numbers, by the bytes that each buffer covers.
void play(const Schedule& s) {
    constexpr std::size_t grain = alignment;
    std::vector<int> owner((s.arena_bytes + grain - 1) / grain, -1);
    const auto paint = [&](int id) {
        const Buffer& b = s.buffers[static_cast<std::size_t>(id)];
        ASSERT_LE(b.offset + b.layout.bytes, s.arena_bytes);
        ASSERT_EQ(b.offset % alignment, 0U);
        for (std::size_t at = b.offset / grain; at * grain < b.offset + b.layout.bytes; ++at) owner[at] = id;
    };
    const auto check = [&](int id, const Step& step) {
        const Buffer& b = s.buffers[static_cast<std::size_t>(id)];
        for (std::size_t at = b.offset / grain; at * grain < b.offset + b.layout.bytes; ++at)
            ASSERT_EQ(owner[at], id) << step.layer << " reads what has been overwritten";
    };
    for (std::size_t id = 0; id < s.buffers.size(); ++id)
        if (in_arena(s, s.buffers[id]) && s.buffers[id].lasting) paint(static_cast<int>(id));
    for (const auto& step : s.steps) {
        const bool scatters = step.operation.kind == OpKind::concat_backward;
        for (const auto& [operand, id] : step.operands)
            if (in_arena(s, s.buffers[static_cast<std::size_t>(id)]) && !writes(step.operation.kind, operand))
                check(id, step);
        for (const int id : step.list)
            if (!scatters) check(id, step);
        for (const auto& [operand, id] : step.operands)
            if (in_arena(s, s.buffers[static_cast<std::size_t>(id)]) && writes(step.operation.kind, operand))
                paint(id);
        for (const int id : step.list)
            if (scatters) paint(id);
    }
    for (std::size_t id = 0; id < s.buffers.size(); ++id)
        if (in_arena(s, s.buffers[id]) && s.buffers[id].lasting) check(static_cast<int>(id), s.steps.back());
}

/// As play(), for outputs: a result may lie on a source only where the plan says so.
void check_overlaps(const Schedule& s) {
    for (std::size_t i = 0; i < s.steps.size(); ++i) {
        const Step& step = s.steps[i];
        for (const auto& [out, out_id] : step.operands) {
            if (!writes(step.operation.kind, out)) continue;
            const Buffer& b = s.buffers[static_cast<std::size_t>(out_id)];
            for (const auto& [in, in_id] : step.operands) {
                const Buffer& a = s.buffers[static_cast<std::size_t>(in_id)];
                if (in_id == out_id || !in_arena(s, a) || !in_arena(s, b)) continue;
                const bool overlap =
                    a.offset < b.offset + b.layout.bytes && b.offset < a.offset + a.layout.bytes;
                if (overlap) {
                    EXPECT_TRUE(step.plan->in_place())
                        << step.layer << ": " << kernels::name(step.operation.kind);
                    EXPECT_EQ(a.offset, b.offset);
                }
            }
        }
    }
}

class MemoryPlanTest : public ::testing::TestWithParam<std::string> {};

TEST_P(MemoryPlanTest, NothingIsOverwrittenBeforeItsLastReader) {
    const NetDef net = GetParam() == "branched" ? branched() : compose(GetParam());
    for (const Mode mode : {Mode::inference, Mode::training})
        for (const bool fuse : {true, false}) {
            Options options;
            options.batch = 2;
            options.fuse = fuse;
            const Compiled compiled(net, mode, options, standard_layers());
            play(compiled.main);
            check_overlaps(compiled.main);
            if (compiled.evaluation) play(*compiled.evaluation);
        }
}

TEST_P(MemoryPlanTest, InferenceSharesMemory) {
    const NetDef net = GetParam() == "branched" ? branched() : compose(GetParam());
    Options options;
    options.batch = 4;
    const auto plan = compile(net, Mode::inference, options)->memory();
    EXPECT_LT(plan.activations, plan.unshared);
    EXPECT_GT(plan.parameters, 0U);
    EXPECT_EQ(plan.gradients, 0U);
}

INSTANTIATE_TEST_SUITE_P(Nets, MemoryPlanTest,
                         ::testing::Values("branched", "photo-mini", "photo", "alexnet", "squeezenet"),
                         [](const auto& param_info) {
                             std::string name = param_info.param;
                             for (char& c : name)
                                 if (c == '-') c = '_';
                             return name;
                         });

TEST(MemoryPlan, HeldValuesLastUntilTheEnd) {
    Options options;
    options.hold = {"relu1"};
    const Compiled compiled(branched(), Mode::inference, options, standard_layers());
    EXPECT_EQ(readable_values(compiled.main), (std::vector<std::string>{"relu1", "prob"}));
    play(compiled.main);
}

TEST(MemoryPlan, LargestBatchIsTheLastThatFits) {
    Options options;
    const std::size_t limit = std::size_t{64} << 20;
    const NetDef net = compose("photo-mini");
    const int batch = largest_batch(net, Mode::training, options, limit);
    ASSERT_GT(batch, 0);
    options.batch = batch;
    EXPECT_LE(compile(net, Mode::training, options)->memory().total(), limit);
    options.batch = batch + 1;
    EXPECT_GT(compile(net, Mode::training, options)->memory().total(), limit);
    EXPECT_EQ(largest_batch(net, Mode::training, options, 1000), 0);
}

}  // namespace
}  // namespace emulsion::testing
