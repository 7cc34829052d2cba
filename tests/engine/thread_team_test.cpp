// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/thread_team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <vector>

namespace emulsion {
namespace {

TEST(ThreadTeam, RunsEveryTaskOnceAndWaits) {
    for (const int threads : {1, 2, 3, 8}) {
        const auto team = make_thread_team(threads);
        EXPECT_EQ(team->count(), threads);
        for (int round = 0; round < 200; ++round) {
            std::vector<std::atomic<int>> runs(static_cast<std::size_t>(round % 20));
            team->run(
                static_cast<int>(runs.size()),
                [](void* context, int i) {
                    ++(*static_cast<std::vector<std::atomic<int>>*>(context))[static_cast<std::size_t>(i)];
                },
                &runs);
            for (const auto& each : runs) ASSERT_EQ(each, 1);
        }
    }
}

TEST(ThreadTeam, ParallelForCoversTheRangeInPartsThatDependOnSizesAlone) {
    const auto team = make_thread_team(3);
    kernels::Stream stream;
    stream.threads = team.get();
    for (const std::int64_t count : {0, 1, 2, 7, 100, 1001})
        for (const std::int64_t grain : {1, 10, 5000}) {
            std::vector<int> seen(static_cast<std::size_t>(count), 0);
            kernels::parallel_for(stream, count, grain, [&](std::int64_t begin, std::int64_t end, int) {
                for (std::int64_t i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
            });
            EXPECT_EQ(std::accumulate(seen.begin(), seen.end(), 0), count);
        }
}

}  // namespace
}  // namespace emulsion
