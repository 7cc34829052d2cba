// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the checks of a training run look at.
#include "apps/feed.h"

#include <gtest/gtest.h>

#include "tests/apps/fixtures.h"

namespace emulsion::test {
namespace {

using Labels = std::vector<std::int32_t>;

class Feed : public testing::Test {
   protected:
    // Labels that say the place in the list.
    Feed() {
        options.preprocessing = net_of(8, 8, {}).preprocessing;
        options.batch = 3;
        for (int i = 0; i < 7; ++i) {
            const std::string path = folder.file(std::to_string(i) + ".png");
            write_grey(path, 100);
            samples.push_back({path, i});
        }
    }

    static Labels labels_of(apps::Checks& checks) {
        Labels labels;
        EXPECT_TRUE(checks.run([&](const Batch& batch) {
            labels.insert(labels.end(), batch.labels.begin(), batch.labels.end());
            return true;
        }));
        return labels;
    }

    const TemporaryFolder folder;
    LoaderOptions options;
    std::vector<Sample> samples;
};

TEST_F(Feed, PassesSeeTheWholeListEachTime) {
    for (const std::size_t memory : {std::size_t{0}, std::size_t{1} << 20}) {
        apps::Passes passes(samples, options, memory);
        for (int i = 0; i < 3; ++i) EXPECT_EQ(labels_of(passes), (Labels{0, 1, 2, 3, 4, 5, 6}));
    }
}

TEST_F(Feed, TurnsGoOnWhereTheLastEnded) {
    apps::Turns turns(samples, options, 0, 4, 0);  // in batches of 2, the largest up to 3 that parts 4
    EXPECT_EQ(labels_of(turns), (Labels{0, 1, 2, 3}));
    EXPECT_EQ(labels_of(turns), (Labels{4, 5, 6, 0}));
    EXPECT_EQ(labels_of(turns), (Labels{1, 2, 3, 4}));
    apps::Turns resumed(samples, options, 1 << 20, 4, 2);
    EXPECT_EQ(labels_of(resumed), (Labels{1, 2, 3, 4}));
}

TEST_F(Feed, TurnsMayBeLongerThanTheList) {
    apps::Turns turns(samples, options, 0, 9, 0);
    EXPECT_EQ(labels_of(turns), (Labels{0, 1, 2, 3, 4, 5, 6, 0, 1}));
}

}  // namespace
}  // namespace emulsion::test
