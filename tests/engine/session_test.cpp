// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <thread>

#include "tests/engine/nets.h"

namespace emulsion::testing {
namespace {

std::span<const std::uint8_t> some(const Photos& photos, const NetDef& net, int first, int count) {
    const auto one = static_cast<std::size_t>(3 * net.preprocessing.height * net.preprocessing.width);
    return {photos.pixels.data() + one * static_cast<std::size_t>(first),
            one * static_cast<std::size_t>(count)};
}

/// The results of all photos, run in batches of `batch`.
std::vector<float> scores(const std::shared_ptr<const Model>& model, const Photos& photos, Options options) {
    Session session(model, options);
    std::vector<float> all;
    for (int first = 0; first < photos.count; first += options.batch) {
        const int count = std::min(options.batch, photos.count - first);
        const auto result = session.run(some(photos, model->net(), first, count), count);
        all.insert(all.end(), result.begin(), result.end());
    }
    return all;
}

class SessionOnNet : public ::testing::TestWithParam<std::string> {};

TEST_P(SessionOnNet, ScoresAreTheSameBitsInEveryBatchWhenInvariant) {
    const auto model = seeded(compose(GetParam()));
    const Photos photos = photos_for(model->net(), 33, 2, 5);
    Options options;
    options.batch_invariant = true;
    const auto alone = scores(model, photos, options);
    for (const int batch : {2, 8, 32}) {
        options.batch = batch;
        const auto together = scores(model, photos, options);
        ASSERT_EQ(together.size(), alone.size());
        EXPECT_EQ(std::memcmp(together.data(), alone.data(), alone.size() * sizeof alone[0]), 0)
            << "batch " << batch;
    }
}

TEST_P(SessionOnNet, InvariantAndFreeScoresAgree) {
    const auto model = seeded(compose(GetParam()));
    const Photos photos = photos_for(model->net(), 8, 2, 5);
    Options options;
    options.batch = 8;
    const auto free_scores = scores(model, photos, options);
    options.batch_invariant = true;
    const auto invariant = scores(model, photos, options);
    // Probabilities of at most 1, through some ten layers whose relative error is some 1e-6 each.
    for (std::size_t i = 0; i < invariant.size(); ++i) EXPECT_NEAR(free_scores[i], invariant[i], 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Nets, SessionOnNet, ::testing::Values("photo-mini", "photo"),
                         [](const auto& param_info) {
                             return param_info.param == "photo" ? "photo" : "photo_mini";
                         });

TEST(Session, ResultsAreProbabilities) {
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 5, 3, 1);
    Options options;
    options.batch = 5;
    const auto result = scores(model, photos, options);
    ASSERT_EQ(result.size(), 15U);
    for (std::size_t i = 0; i < result.size(); i += 3)
        EXPECT_NEAR(result[i] + result[i + 1] + result[i + 2], 1, 1e-6);
}

TEST(Session, PreparedInputsGiveTheSameResultAsPhotos) {
    const NetDef net = branched();
    const auto model = seeded(net);
    const Photos photos = photos_for(net, 2, 3, 1);
    Options options;
    options.batch = 2;
    Session session(model, options);
    const auto from_photos = session.run(std::span<const std::uint8_t>(photos.pixels), 2);
    const std::vector<float> expected(from_photos.begin(), from_photos.end());

    const auto& p = net.preprocessing;
    const int pixels = p.height * p.width;
    std::vector<float> inputs(photos.pixels.size());
    for (int n = 0; n < 2; ++n)
        for (int i = 0; i < pixels; ++i)
            for (int c = 0; c < 3; ++c) {
                const float pixel = photos.pixels[static_cast<std::size_t>((n * pixels + i) * 3 + (2 - c))];
                inputs[static_cast<std::size_t>((n * 3 + c) * pixels + i)] =
                    (pixel - p.mean[static_cast<std::size_t>(c)]) * p.scale[static_cast<std::size_t>(c)];
            }
    const auto from_inputs = session.run(std::span<const float>(inputs), 2);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), from_inputs.begin()));
}

TEST(Session, HeldValuesCanBeReadAndOthersNot) {
    Options options;
    options.hold = {"relu1"};
    Session session(seeded(branched()), options);
    const Photos photos = photos_for(branched(), 1, 3, 1);
    session.run(photos.pixels, 1);
    const auto relu = session.value("relu1");
    ASSERT_EQ(relu.size(), std::size_t{6 * 12 * 16});
    EXPECT_GE(*std::min_element(relu.begin(), relu.end()), 0);
    EXPECT_GT(*std::max_element(relu.begin(), relu.end()), 0);
    EXPECT_THROW(session.value("pool"), Error);
    EXPECT_THROW(session.value("no such value"), Error);
}

TEST(Session, RewritesDoNotChangeResults) {
    const auto model = seeded(compose("photo-mini"));
    const Photos photos = photos_for(model->net(), 4, 2, 9);
    Options options;
    options.batch = 4;
    const auto fused = scores(model, photos, options);
    options.fuse = false;
    const auto plain = scores(model, photos, options);
    for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_NEAR(fused[i], plain[i], 1e-5);
}

TEST(Session, ThreadsShareAModel) {
    const auto model = seeded(compose("photo-mini"));
    const Photos photos = photos_for(model->net(), 6, 2, 9);
    Options options;
    options.threads = 1;
    const auto expected = scores(model, photos, options);
    std::vector<std::vector<float>> found(3);
    std::vector<std::thread> threads;
    for (auto& each : found) threads.emplace_back([&] { each = scores(model, photos, options); });
    for (auto& thread : threads) thread.join();
    for (const auto& each : found) EXPECT_EQ(each, expected);
}

TEST(Session, WrongInputsAreRefused) {
    Session session(seeded(branched()), {});
    const Photos photos = photos_for(branched(), 2, 3, 1);
    EXPECT_THROW(session.run(photos.pixels, 2), Error);  // more than the batch
    EXPECT_THROW(session.run(photos.pixels, 1), Error);  // bytes of two
    EXPECT_THROW(session.run(std::span<const float>(), 1), Error);
}

TEST(Session, AMissingDeviceOrImplementationIsAnError) {
    Options options;
    options.device = {kernels::DeviceKind::cuda, 99};
    const auto kind_of = [](const Options& o) {
        try {
            Session session(seeded(branched()), o);
        } catch (const Error& error) {
            return error.kind();
        }
        return Error::Kind::failure;
    };
    EXPECT_EQ(kind_of(options), Error::Kind::device);
    options = {};
    options.implementations["*"] = "abacus";
    EXPECT_EQ(kind_of(options), Error::Kind::device);
    options.implementations = {{"no_such_operation", "eigen"}};
    EXPECT_EQ(kind_of(options), Error::Kind::usage);
}

TEST(Session, AForcedImplementationIsUsedAndStrictForbidsOthers) {
    Options options;
    options.implementations["*"] = "eigen";
    options.strict = true;
    Session session(seeded(branched()), options);
    for (const auto& step : session.program().steps()) EXPECT_EQ(step.implementation, "eigen") << step.layer;
}

}  // namespace
}  // namespace emulsion::testing
