// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Two nets whose weights differ just so much that known photos fall on different sides of a kink.
#include "apps/kinks.h"

#include <gtest/gtest.h>

#include "tests/apps/fixtures.h"

namespace emulsion::apps {
namespace {

using namespace emulsion::test;

constexpr int side = 2, cells = side * side, photo_bytes = 3 * cells;

std::vector<bool> parted(const std::shared_ptr<const Model>& a, const std::shared_ptr<const Model>& b,
                         const std::vector<std::uint8_t>& photos) {
    Options options;
    options.batch = static_cast<int>(photos.size()) / photo_bytes;
    options.threads = 1;
    options.hold_all = true;
    const std::vector<std::int32_t> no_labels(static_cast<std::size_t>(options.batch), -1);
    Trainer first(a, {}, options), second(b, {}, options);
    first.step({photos, no_labels, {}, options.batch});
    second.step({photos, no_labels, {}, options.batch});
    return parted_at_kinks(first, second, options.batch);
}

// relu(mean pixel + bias)
std::shared_ptr<const Model> thresholded(float bias) {
    NetDef net = net_of(
        side, side,
        {weighted("fc1", "fc", "data", {{"outputs", std::int64_t{1}}}), layer("relu1", "relu", "fc1"),
         weighted("fc2", "fc", "relu1", {{"outputs", std::int64_t{2}}}), layer("prob", "softmax", "fc2")});
    return model_of(std::move(net),
                    {std::vector<float>(photo_bytes, 1.0F / photo_bytes), {bias}, {1, -1}, {0, 0}});
}

TEST(Kinks, OfReluAreFoundWhereSignsDiffer) {
    std::vector<std::uint8_t> photos;
    for (const int grey : {50, 100, 200})
        photos.insert(photos.end(), photo_bytes, static_cast<std::uint8_t>(grey));
    const std::vector<bool> only_the_middle = {false, true, false};
    EXPECT_EQ(parted(thresholded(-100.5F), thresholded(-99.5F), photos), only_the_middle);
    EXPECT_EQ(parted(thresholded(-100.5F), thresholded(-100.5F), photos), std::vector<bool>(3));
}

// The largest cell of one channel.
std::shared_ptr<const Model> brightest_cell(int channel) {
    NetDef net = net_of(
        side, side,
        {weighted("conv1", "conv", "data", {{"outputs", std::int64_t{1}}, {"kernel", std::int64_t{1}}}),
         layer("pool1", "pool", "conv1",
               {{"mode", std::string("max")}, {"kernel", std::int64_t{2}}, {"stride", std::int64_t{2}}}),
         weighted("fc1", "fc", "pool1", {{"outputs", std::int64_t{2}}}), layer("prob", "softmax", "fc1")});
    std::vector<float> pick(3);
    pick[static_cast<std::size_t>(channel)] = 1;
    return model_of(std::move(net), {pick, {0}, {1, -1}, {0, 0}});
}

TEST(Kinks, OfMaxPoolingAreFoundWhereWinnersDiffer) {
    const std::vector<std::uint8_t> photos = {
        9, 9, 0, 1, 1, 0, 2, 2, 0, 3, 3, 0,  // red and green are largest in the first cell
        9, 1, 0, 1, 9, 0, 2, 2, 0, 3, 3, 0,  // red in the first, green in the second
    };
    const std::vector<bool> only_the_second = {false, true};
    EXPECT_EQ(parted(brightest_cell(0), brightest_cell(1), photos), only_the_second);
    EXPECT_EQ(parted(brightest_cell(0), brightest_cell(0), photos), std::vector<bool>(2));
}

}  // namespace
}  // namespace emulsion::apps
