// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The check, tested: planted faults, each of which it must notice. They stay here for good.
#include "tests/kernels/check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/kernels/memory.h"
#include "tests/kernels/team.h"

namespace emulsion::kernels::tests {
namespace {

enum class Fault {
    none,
    wrong_first,
    wrong_last,
    slightly_wrong,
    not_a_number,
    unwritten,
    beyond_end,
    before_start,
    changes_input,
    changes_each_run,
    reads_workspace,
    beyond_workspace,
    larger_workspace,
    not_in_place,
    no_layout,
    stray_layout,
    wrong_bytes,
    no_variant,
    not_deterministic,
    invariance_unstated,
    throws,
};

/// A ReLU with one fault.
class FaultyRelu : public Plan {
   public:
    FaultyRelu(const Relu& relu, Fault fault) : count_(relu.shape.count()), fault_(fault) {
        const Layout plain = plain_layout(count_);
        set_layout(Operand::src, plain);
        set_layout(Operand::dst, fault == Fault::no_layout ? Layout{} : plain);
        if (fault == Fault::stray_layout) set_layout(Operand::bias, plain);
        if (fault == Fault::wrong_bytes) set_layout(Operand::src, plain_layout(count_ + 1));
        workspace_bytes_ = fault == Fault::larger_workspace ? 1 << 20 : 64;
        deterministic_ = fault != Fault::not_deterministic;
        batch_invariant_ = fault != Fault::invariance_unstated;
        in_place_ = true;
        if (fault != Fault::no_variant) variant_ = "planted";
    }

    void run(const Arguments& arguments, void* workspace, const Stream&) const override {
        auto* src = arguments.get<float>(Operand::src);
        auto* dst = arguments.get<float>(Operand::dst);
        auto* scratch = static_cast<float*>(workspace);
        const std::int64_t last = count_ - 1;
        if (fault_ == Fault::throws) throw KernelError("planted");
        if (fault_ == Fault::not_in_place) std::fill_n(dst, count_, 0.0F);
        if (fault_ == Fault::reads_workspace) src = scratch;
        const std::int64_t end = fault_ == Fault::unwritten ? last : count_;
        for (std::int64_t i = 0; i < end; ++i)
            dst[i] = std::max(0.0F, src[fault_ == Fault::reads_workspace ? 0 : i]);
        ++runs_;
        switch (fault_) {
            case Fault::wrong_first:
                dst[0] += 1;
                break;
            case Fault::wrong_last:
                dst[last] += 1;
                break;
            case Fault::slightly_wrong:
                dst[last / 2] = dst[last / 2] * 1.000001F + 1e-9F;
                break;
            case Fault::not_a_number:
                dst[1] = std::numeric_limits<float>::quiet_NaN();
                break;
            case Fault::beyond_end:
                dst[count_] = 0;
                break;
            case Fault::before_start:
                dst[-1] = 0;
                break;
            case Fault::changes_input:
                src[last] = 7;
                break;
            case Fault::changes_each_run:
                dst[0] = static_cast<float>(runs_);
                break;
            case Fault::beyond_workspace:
                scratch[16] = 1;
                break;
            default:
                break;
        }
    }

   private:
    std::int64_t count_;
    Fault fault_;
    mutable int runs_ = 0;
};

template <Fault fault>
Implementation faulty() {
    return {"faulty", DeviceKind::cpu, [](const Operation&, const Limits&) { return true; },
            [](const Operation& operation, const Limits&) -> std::unique_ptr<Plan> {
                return std::make_unique<FaultyRelu>(operation.as<Relu>(), fault);
            }};
}

Verdict verdict_on(const Implementation& implementation) {
    Limits limits;
    limits.batch_invariant = true;
    limits.workspace_bytes = 4096;
    return check(make_problem({OpKind::relu_forward, Relu{{2, 3, 5, 1}}}), implementation, limits);
}

template <Fault fault>
void expect_complaint(const std::string& phrase) {
    const auto complaints = verdict_on(faulty<fault>()).complaints;
    const bool found = std::any_of(complaints.begin(), complaints.end(), [&](const std::string& line) {
        return line.find(phrase) != std::string::npos;
    });
    EXPECT_TRUE(found) << "no complaint says '" << phrase << "', but:\n" << join(complaints);
}

TEST(Check, FindsNothingInASoundPlan) {
    const Verdict verdict = verdict_on(faulty<Fault::none>());
    EXPECT_TRUE(verdict.supported);
    EXPECT_EQ(join(verdict.complaints), "");
}

TEST(Check, FindsWrongResults) {
    expect_complaint<Fault::wrong_first>(
        "1 of 30 cells are wrong (by up to 1); the first at (n 0, c 0, h 0, w 0)");
    expect_complaint<Fault::wrong_last>("the first at (n 1, c 2, h 4, w 0)");
    expect_complaint<Fault::slightly_wrong>("cells are wrong");
    expect_complaint<Fault::not_a_number>("nan, off by nan");
    expect_complaint<Fault::unwritten>("nan, off by nan");
}

TEST(Check, FindsStrayWrites) {
    expect_complaint<Fault::beyond_end>("dst: written beyond its ends");
    expect_complaint<Fault::before_start>("dst: written beyond its ends");
    expect_complaint<Fault::changes_input>("src: an input was changed");
    expect_complaint<Fault::beyond_workspace>("workspace: written beyond");
}

TEST(Check, FindsOtherBits) {
    expect_complaint<Fault::changes_each_run>("other bits in a second run");
    expect_complaint<Fault::reads_workspace>("other bits in a second run");
    expect_complaint<Fault::not_in_place>("other bits in place, dst on src");
}

TEST(Check, FindsBrokenPromises) {
    expect_complaint<Fault::no_layout>("dst: has no layout");
    expect_complaint<Fault::stray_layout>("bias: has a layout");
    expect_complaint<Fault::wrong_bytes>("states 124 bytes, needs 120");
    expect_complaint<Fault::no_variant>("states no variant");
    expect_complaint<Fault::larger_workspace>("wants a workspace of 1048576 bytes");
    expect_complaint<Fault::not_deterministic>("is not deterministic");
    expect_complaint<Fault::invariance_unstated>("accepted batch_invariant");
    expect_complaint<Fault::throws>("threw: planted");
}

TEST(Check, SaysWhatItIsAbout) {
    const auto complaints = verdict_on(faulty<Fault::wrong_first>()).complaints;
    ASSERT_FALSE(complaints.empty());
    EXPECT_EQ(complaints[0].rfind("relu_forward 2x3x5x1 by faulty (planted), 1 thread, fp32", 0), 0U)
        << complaints[0];
}

TEST(Difference, NeverLetsNaNPass) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const Expected one{{1, 1, 1, 1}, DataType::f32, {}, {1}, {infinity}};  // anything but NaN goes
    EXPECT_FALSE(difference(one, {7}, DataType::f32));
    EXPECT_TRUE(difference(one, {nan}, DataType::f32));
    const Expected none{{1, 1, 1, 1}, DataType::f32, {}, {nan}, {infinity}};
    EXPECT_FALSE(difference(none, {nan}, DataType::f32));
    EXPECT_TRUE(difference(none, {1}, DataType::f32));
    const Expected sampled{{1, 1, 1, 3}, DataType::f32, {0, 2}, {1, 1}, {0, 0}};
    EXPECT_FALSE(difference(sampled, {1, 5, 1}, DataType::f32));
    EXPECT_TRUE(difference(sampled, {1, nan, 1}, DataType::f32));
    EXPECT_TRUE(difference(sampled, {1, 1}, DataType::f32)) << "one value too few";
}

TEST(Difference, AllowsBf16OneRoundingMore) {
    const Expected one{{1, 1, 1, 1}, DataType::f32, {}, {1}, {0}};
    EXPECT_TRUE(difference(one, {1 + 0x1p-9}, DataType::f32));
    EXPECT_FALSE(difference(one, {1 + 0x1p-9}, DataType::bf16));
    EXPECT_TRUE(difference(one, {1 + 0x1p-7}, DataType::bf16));
}

TEST(GuardedBuffer, IsAlignedToSixtyFourAndNoMore) {
    for (const std::size_t bytes : {0, 1, 63, 64, 1000, 100'000}) {
        GuardedBuffer buffer(bytes);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 128, 64U) << bytes;
        EXPECT_TRUE(buffer.guards_intact());
        std::fill(buffer.span().begin(), buffer.span().end(), std::byte{1});
        EXPECT_TRUE(buffer.guards_intact()) << bytes;
        for (const std::ptrdiff_t stray :
             {std::ptrdiff_t{-256}, std::ptrdiff_t{-1}, std::ptrdiff_t(bytes), std::ptrdiff_t(bytes) + 255}) {
            std::byte& cell = buffer.data()[stray];
            const std::byte before = cell;
            cell = std::byte{1};
            EXPECT_FALSE(buffer.guards_intact()) << bytes << " bytes, written at " << stray;
            cell = before;
        }
    }
}

TEST(Values, RoundToBf16ToNearestEven) {
    EXPECT_EQ(round_to_bf16(1.0), 1.0);
    EXPECT_EQ(round_to_bf16(1 + 0x1p-8), 1.0);             // a tie goes to the even neighbour below
    EXPECT_EQ(round_to_bf16(1 + 3 * 0x1p-8), 1 + 0x1p-6);  // and here above
    EXPECT_EQ(round_to_bf16(1 + 0x1p-8 + 0x1p-20), 1 + 0x1p-7);
    EXPECT_EQ(round_to_bf16(-1 - 0x1p-8 - 0x1p-20), -1 - 0x1p-7);
    EXPECT_TRUE(std::isnan(round_to_bf16(std::numeric_limits<double>::quiet_NaN())));
}

}  // namespace
}  // namespace emulsion::kernels::tests
