// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What works on one value at a time or only moves values: addition, dropout, concatenation and reorders.
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/kernels/cases.h"
#include "tests/kernels/layouts.h"

namespace emulsion::kernels::tests {
namespace {

// One more and one less than GPUs' blocks hold, here and below.
std::vector<Case> add_cases() {
    return {{"one", {OpKind::add, Add{{1, 1, 1, 1}}}},
            {"odd", {OpKind::add, Add{{3, 5, 7, 3}}}},
            {"a_block_less_one", {OpKind::add, Add{{1, 255, 1, 1}}}},
            {"a_block", {OpKind::add, Add{{1, 256, 1, 1}}}},
            {"a_block_and_one", {OpKind::add, Add{{1, 257, 1, 1}}}},
            {"long_row", {OpKind::add, Add{{1, 1, 1, 4099}}}},
            {"conv3", {OpKind::add, Add{{2, 384, 13, 13}}}}};
}

struct DropoutLine {
    const char* name;
    Shape shape;
    float ratio;
    std::uint32_t stream;
    DropoutCounter counter;
};

// Sizes that end within a block of four elements, and counters beyond 32 bits.
constexpr DropoutLine dropout_lines[] = {
    {"one", {1, 1, 1, 1}, 0.5F, 0, {0, 0}},
    {"three", {1, 3, 1, 1}, 0.5F, 1, {1, 1}},
    {"five", {5, 1, 1, 1}, 0.6F, 2, {7, 3}},
    {"odd", {3, 5, 7, 3}, 0.3F, 3, {0xFEDCBA9876543210ULL, 12}},
    {"keep_all", {2, 17, 1, 1}, 0, 0, {5, 5}},
    {"drop_nearly_all", {2, 500, 1, 1}, 0.99F, 0, {5, 6}},
    {"step_beyond_32_bits", {2, 17, 3, 1}, 0.5F, 65535, {42, 0x123456789ABULL}},
    {"batch_of_fifty", {50, 33, 1, 1}, 0.5F, 1, {9, 10}},
    {"elements_1023", {1, 1023, 1, 1}, 0.5F, 1, {9, 11}},
    {"elements_1024", {4, 256, 1, 1}, 0.5F, 1, {9, 12}},
    {"elements_1025", {1, 1025, 1, 1}, 0.5F, 1, {9, 13}},
    {"fc6", {17, 4096, 1, 1}, 0.6F, 0, {20170101, 450'000}},
};

std::vector<Case> dropout_cases() {
    std::vector<Case> all;
    for (const DropoutLine& l : dropout_lines)
        for (const OpKind kind : {OpKind::dropout_forward, OpKind::dropout_backward}) {
            const Dropout dropout{l.shape, l.ratio, l.stream};
            all.push_back({l.name, {kind, dropout}, false, [=](Precision) {
                               return make_dropout(kind, dropout, l.counter);
                           }});
        }
    return all;
}

Concat concat(std::int64_t n, std::vector<std::int64_t> channels, std::int64_t h, std::int64_t w) {
    Concat c{{}, {n, 0, h, w}};
    for (const std::int64_t each : channels) {
        c.src.push_back({n, each, h, w});
        c.dst.c += each;
    }
    return c;
}

std::vector<Case> concat_cases() {
    const std::pair<const char*, Concat> table[] = {
        {"single", concat(2, {3}, 2, 3)},
        {"vectors", concat(5, {1, 17}, 1, 1)},
        {"three_odd", concat(3, {5, 1, 3}, 3, 5)},
        {"two_towers", concat(2, {128, 128}, 27, 27)},
        {"blocks_that_do_not_align", concat(1, {20, 12, 33}, 4, 4)},
        {"around_a_block", concat(1, {255, 256, 257}, 1, 1)},
        {"rows_across_blocks", concat(9, {85, 1}, 1, 3)},
    };
    std::vector<Case> all;
    for (const auto& [name, descriptor] : table)
        for (const OpKind kind : {OpKind::concat_forward, OpKind::concat_backward})
            all.push_back({name, {kind, descriptor}});
    return all;
}

std::vector<Case> reorder_cases() {
    const std::pair<const char*, Shape> shapes[] = {{"one", {1, 1, 1, 1}},
                                                    {"odd", {3, 5, 7, 3}},
                                                    {"vector", {17, 17, 1, 1}},
                                                    {"two", {1, 1, 1, 2}},
                                                    {"one_channel", {2, 1, 5, 3}},
                                                    {"two_by_two", {1, 2, 2, 1}},
                                                    {"a_square", {2, 32, 4, 8}},
                                                    {"wider_by_one", {2, 32, 3, 11}},
                                                    {"narrower_by_one", {2, 32, 31, 1}},
                                                    {"taller_by_one", {2, 33, 4, 8}},
                                                    {"shorter_by_one", {2, 31, 8, 4}},
                                                    {"larger_by_one", {2, 33, 11, 3}},
                                                    {"smaller_by_one", {2, 31, 1, 31}},
                                                    {"a_block_of_fours", {1, 1, 1, 1024}},
                                                    {"a_block_less_one", {1, 3, 11, 31}},
                                                    {"a_block_and_one", {1, 25, 41, 1}},
                                                    {"conv1", {1, 96, 55, 55}}};
    std::vector<Case> all;
    for (const auto& [name, shape] : shapes) {
        const Layout layouts[] = {plain_layout(shape.count()), nhwc_layout(shape),
                                  plain_layout(shape.count(), DataType::bf16),
                                  nhwc_layout(shape, DataType::bf16)};
        const char* names[] = {"nchw", "nhwc", "nchw_bf16", "nhwc_bf16"};
        for (int from = 0; from < 4; ++from)
            for (int to = 0; to < 4; ++to)
                all.push_back({std::string(name) + "_" + names[from] + "_to_" + names[to],
                               {OpKind::reorder, Reorder{shape, layouts[from], layouts[to]}}});
    }
    return all;
}

/// A ratio whose threshold is one of the words themselves, the first that a float can say.
Dropout dropout_at_a_word(const Shape& shape, const DropoutCounter& counter) {
    for (std::uint64_t block = 0; block < static_cast<std::uint64_t>(shape.count()) / 4; ++block)
        for (const std::uint32_t word : dropout_words(counter.seed, counter.step, 0, block).word) {
            const float ratio = static_cast<float>(word) * 0x1p-32F;
            if (ratio < 1 && drop_threshold(ratio) == word) return {shape, ratio, 0};
        }
    throw std::logic_error("no word of these is a float");
}

TEST(Dropout, AWordAtTheThresholdIsKept) {
    const DropoutCounter counter{3, 4};
    const Dropout dropout = dropout_at_a_word({1, 4096, 1, 1}, counter);
    const Problem p = make_dropout(OpKind::dropout_forward, dropout, counter);
    for (const auto& [label, implementation] : host_implementations(OpKind::dropout_forward)) {
        const Verdict verdict = check(p, *implementation, Limits{});
        EXPECT_TRUE(verdict.complaints.empty()) << join(verdict.complaints);
    }
}

const bool registered = register_cases("Add", add_cases()) && register_cases("Dropout", dropout_cases()) &&
                        register_cases("Concat", concat_cases()) &&
                        register_cases("Reorder", reorder_cases());

/// bf16 has 8 bits of mantissa. Halfway between two of its numbers the even one is taken; a hair above or
/// below halfway, the nearer. The largest f32 rounds to infinity, the smallest to zero.
TEST(Reorder, RoundsToNearestEven) {
    const Values from{1 + 0x1p-8,
                      1 + 3 * 0x1p-8,
                      1 + 0x1p-8 + 0x1p-23,
                      1 + 3 * 0x1p-8 - 0x1p-23,
                      -1 - 0x1p-8,
                      0x1.fffffep127,
                      0x1p-149,
                      -0x1.ffp-1};
    for (const bool transposed : {false, true}) {
        const Shape shape{1, 2, 4, 1};
        const Layout to =
            transposed ? nhwc_layout(shape, DataType::bf16) : plain_layout(shape.count(), DataType::bf16);
        Problem p({OpKind::reorder, Reorder{shape, plain_layout(shape.count()), to}});
        p.inputs[Operand::src] = {shape, DataType::f32, from};
        p.outputs[Operand::dst].shape = shape;
        for (const auto& [label, implementation] : host_implementations(OpKind::reorder)) {
            const auto rig = Rig::build(p, *implementation, Limits{});
            if (!rig) continue;
            rig->load();
            rig->run();
            const Values dst = rig->read(Operand::dst);
            for (std::size_t i = 0; i < from.size(); ++i)
                EXPECT_EQ(dst[i], round_to_bf16(from[i])) << label << ": " << from[i];
        }
    }
}

}  // namespace
}  // namespace emulsion::kernels::tests
