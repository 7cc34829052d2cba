// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The lists of implementations: none is empty, and each is in order.
#include <gtest/gtest.h>

#include <set>

#include "tests/kernels/cases.h"
#include "tests/kernels/standard.h"

namespace emulsion::kernels::tests {
namespace {

/// A problem by one implementation, without complaint.
void expect_offered(const Problem& problem, const std::string& implementation) {
    const Implementation* entry = find_implementation(problem.operation.kind, implementation);
    ASSERT_NE(entry, nullptr) << name(problem.operation.kind) << " has no implementation " << implementation;
    EXPECT_EQ(entry->device, DeviceKind::cpu);
    const Verdict verdict = check(problem, *entry, Limits{});
    EXPECT_TRUE(verdict.supported) << implementation << " does not offer " << describe(problem.operation);
    EXPECT_TRUE(verdict.complaints.empty()) << join(verdict.complaints);
}

TEST(Lists, EveryOperationHasAnImplementation) {
    for (int i = 0; i < op_kind_count; ++i)
        expect_offered(make_problem(standard_operation(static_cast<OpKind>(i))), "eigen");
}

TEST(Lists, OneDnnOffersWhatItIsThereFor) {
    if (!onednn_present()) GTEST_SKIP() << "oneDNN was not built in";
    for (int i = 0; i < op_kind_count; ++i) {
        const auto kind = static_cast<OpKind>(i);
        if (is_fast_kind(kind)) expect_offered(make_problem(standard_operation(kind)), "onednn");
    }
}

TEST(Lists, TheReadableOneComesLast) {
    for (int i = 0; i < op_kind_count; ++i) {
        const auto kind = static_cast<OpKind>(i);
        ASSERT_FALSE(implementations(kind).empty()) << name(kind);
        EXPECT_STREQ(implementations(kind).back().name, "eigen") << name(kind);
    }
}

/// Who asks for a folder by name gets the entry that picks, and no two entries answer to one name.
TEST(Lists, EachFolderBeginsWithTheEntryThatPicks) {
    for (int i = 0; i < op_kind_count; ++i) {
        const auto kind = static_cast<OpKind>(i);
        std::set<std::pair<DeviceKind, std::string>> folders, names;
        for (const auto& each : implementations(kind)) {
            const bool first = folders.insert({each.device, each.name}).second;
            EXPECT_EQ(*each.way == 0, first) << name(kind) << ": " << each.full_name();
            EXPECT_TRUE(names.insert({each.device, each.full_name()}).second)
                << name(kind) << ": " << each.full_name();
        }
    }
}

/// Else the cases of a pass that is no longer offered would all be skipped, and nobody would see.
TEST(Lists, WinogradIsOfferedInAllPassesOrNone) {
    const Convolution conv4{{4, 384, 13, 13}, {4, 384, 13, 13}, 3, 3, 1, 1, 1, 1, 2};
    int there = 0, offered = 0;
    for (const OpKind kind :
         {OpKind::conv_forward, OpKind::conv_backward_data, OpKind::conv_backward_weights})
        for (const auto& each : implementations(kind)) {
            if (each.full_name() != "onednn:winograd") continue;
            ++there;
            if (each.supports({kind, conv4}, Limits{})) ++offered;
        }
    EXPECT_EQ(there, onednn_present() ? 3 : 0);
    if (offered == 0) GTEST_SKIP() << "no Winograd: oneDNN needs AVX-512 for it";
    EXPECT_EQ(offered, 3);
}

TEST(Lists, TheyStayWhereTheyAre) {
    for (int i = 0; i < op_kind_count; ++i) {
        const auto kind = static_cast<OpKind>(i);
        EXPECT_EQ(&implementations(kind), &implementations(kind)) << name(kind);
    }
}

TEST(Lists, ComponentsAreNamed) {
    for (const Component& component : components()) {
        EXPECT_FALSE(component.name.empty());
        EXPECT_FALSE(component.version.empty()) << component.name << ": a version, or why it is absent";
    }
}

}  // namespace
}  // namespace emulsion::kernels::tests
