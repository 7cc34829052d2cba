// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Thread teams and parallel_for: every index once, however many there are.
#include "tests/kernels/team.h"

#include <gtest/gtest.h>

#include <atomic>

namespace emulsion::kernels::tests {
namespace {

constexpr const char* owners[] = {"eigen", "onednn"};  // a SimpleTeam, and the fast folder's own

TEST(Teams, HaveTheSizeAskedFor) {
    for (const char* owner : owners)
        for (const int count : {1, 2, 3, 4}) EXPECT_EQ(team(owner, count).count(), count) << owner;
}

TEST(Teams, RunEveryTaskOnce) {
    for (const char* owner : owners)
        for (const int count : {1, 2, 3})
            for (const int tasks : {0, 1, 2, 3, 5, 100}) {
                std::vector<std::atomic<int>> calls(static_cast<std::size_t>(tasks));
                team(owner, count)
                    .run(
                        tasks,
                        [](void* context, int i) {
                            ++(*static_cast<std::vector<std::atomic<int>>*>(
                                context))[static_cast<std::size_t>(i)];
                        },
                        &calls);
                for (int i = 0; i < tasks; ++i)
                    EXPECT_EQ(calls[static_cast<std::size_t>(i)], 1)
                        << "task " << i << " of " << tasks << ", " << owner << " with " << count
                        << " threads";
            }
}

struct Range {
    std::int64_t begin = -1, end = -1;
};

/// The ranges that parallel_for hands out, by part.
std::vector<Range> split(std::int64_t count, std::int64_t grain, int threads) {
    std::vector<Range> ranges(static_cast<std::size_t>(threads));
    std::atomic<int> calls = 0;
    parallel_for(Stream{&team("eigen", threads)}, count, grain,
                 [&](std::int64_t begin, std::int64_t end, int part) {
                     ranges.at(static_cast<std::size_t>(part)) = {begin, end};
                     ++calls;
                 });
    ranges.resize(static_cast<std::size_t>(calls));
    return ranges;
}

TEST(ParallelFor, CoversTheRangeInOrder) {
    for (const int threads : {1, 2, 3})
        for (const std::int64_t count : {1, 2, 3, 7, 64, 1000})
            for (const std::int64_t grain : {0, 1, 3, 64, 5000}) {
                std::int64_t next = 0;
                for (const Range& range : split(count, grain, threads)) {
                    EXPECT_EQ(range.begin, next) << count << " by " << grain << " on " << threads;
                    EXPECT_GT(range.end, range.begin);
                    next = range.end;
                }
                EXPECT_EQ(next, count) << count << " by " << grain << " on " << threads;
            }
}

TEST(ParallelFor, KeepsToItsGrain) {
    EXPECT_EQ(split(100, 100, 3).size(), 1U);
    EXPECT_EQ(split(100, 60, 3).size(), 2U);
    EXPECT_EQ(split(100, 10, 3).size(), 3U);
}

TEST(ParallelFor, DoesNothingForNothing) {
    EXPECT_TRUE(split(0, 1, 3).empty());
    EXPECT_TRUE(split(-5, 1, 3).empty());
}

TEST(ParallelFor, RunsWithoutATeam) {
    int calls = 0;
    parallel_for(Stream{}, 10, 1, [&](std::int64_t begin, std::int64_t end, int part) {
        EXPECT_EQ(begin, 0);
        EXPECT_EQ(end, 10);
        EXPECT_EQ(part, 0);
        ++calls;
    });
    EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace emulsion::kernels::tests
