// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What counts as lost, and what people get to know of it.
#include "tests/apps/serve/transport/dispatcher_play.h"

namespace emulsion::serve {
namespace {

using DispatcherLossTest = test::DispatcherPlay;

TEST_F(DispatcherLossTest, WhatNeverLeftWasWithNobody) {
    // Three are gone, and nobody knows: each learns of it when it is to get something.
    for (const char* peer : {"a", "b", "c"}) {
        join(peer, 2);
        cut_.insert(peer);
    }
    const int first = submit(), second = submit();
    for (int i = 0; i < 3; ++i) collect();
    EXPECT_TRUE(dispatcher_.state().workers.empty());
    EXPECT_FALSE(answered(first));
    EXPECT_FALSE(answered(second));
    EXPECT_EQ(dispatcher_.state().jobs_given_again, 0U);
    join("d", 2);
    EXPECT_EQ(given("d"), (std::vector{first, second}));
    // It did leave for this one, and for the next.
    dispatcher_.unreachable("d", now_);
    EXPECT_EQ(dispatcher_.state().jobs_given_again, 2U);
    join("e", 2);
    dispatcher_.unreachable("e", now_);
    collect();
    EXPECT_EQ(outcome(first), Outcome::lost);
    EXPECT_EQ(outcome(second), Outcome::lost);
}

TEST_F(DispatcherLossTest, TheLogNamesTheRequests) {
    join("a", 1);
    const int job = submit(), broken = submit();
    const std::string request = "request " + std::to_string(job) + ": ";
    dispatcher_.unreachable("a", now_);
    EXPECT_NE(lines_.find(request + "given to another worker"), std::string::npos) << lines_;
    join("b", 1);
    dispatcher_.unreachable("b", now_);
    EXPECT_NE(lines_.find(request + "lost with its second worker"), std::string::npos) << lines_;
    join("c", 1);
    fail("c", broken, "out of paper");
    EXPECT_EQ(outcome(broken), Outcome::failed);
    EXPECT_NE(lines_.find("request " + std::to_string(broken) + ": worker c failed: out of paper"),
              std::string::npos)
        << lines_;
}

TEST_F(DispatcherLossTest, WorkersOfOneNameAreToldApart) {
    for (const char* peer : {"x", "y", "z"}) join_as("vm", peer);
    const auto names = [this] {
        std::multiset<std::string> all;
        for (const WorkerFacts& worker : dispatcher_.state().workers) all.insert(worker.name);
        return all;
    };
    EXPECT_EQ(names(), (std::multiset<std::string>{"vm", "vm-2", "vm-3"}));
    dispatcher_.unreachable("x", now_);
    join_as("vm", "w");
    EXPECT_EQ(names(), (std::multiset<std::string>{"vm", "vm-2", "vm-3"}));
}

}  // namespace
}  // namespace emulsion::serve
