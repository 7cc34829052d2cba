// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/pipeline.h"

#include <emulsion/error.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

#include "apps/serve/memory_budget.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/serve/transport/fake_worker.h"
#include "tests/apps/serve/transport/photos.h"
#include "tests/data/fixtures.h"

namespace emulsion::test {
namespace {

using serve::Answer;
using serve::MemoryBudget;
using serve::Outcome;
using serve::Pipeline;
using serve::PipelineOptions;
using serve::Task;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

class PipelineTest : public testing::Test {
   protected:
    void start(const std::shared_ptr<const Model>& model, const PipelineOptions& options = {}) {
        pipeline_ = std::make_unique<Pipeline>(
            model, "model", options,
            Pipeline::Callbacks{[this](const Pipeline::Ticket& ticket, Answer answer, int batch) {
                                    const std::lock_guard lock(mutex_);
                                    order_.push_back(static_cast<int>(ticket.job));
                                    answers_[static_cast<int>(ticket.job)] = std::move(answer);
                                    largest_batch_ = std::max(largest_batch_, batch);
                                    came_.notify_all();
                                },
                                [this](const std::string& why) { failure_ = why; }});
    }
    int add(const std::string& file, Task task = Task::score, Clock::duration left = long_enough) {
        const int id = added_++;
        const auto owner = std::make_shared<const std::string>(file);
        pipeline_->add({{1, static_cast<std::uint64_t>(id)},
                        task,
                        Clock::now() + left,
                        std::as_bytes(std::span(owner->data(), owner->size())),
                        owner});
        return id;
    }
    Answer wait_for(int id) {
        std::unique_lock lock(mutex_);
        if (!came_.wait_for(lock, long_enough, [&] { return answers_.contains(id); })) {
            ADD_FAILURE() << "no answer to photo " << id;
            return {};
        }
        return answers_[id];
    }
    /// Which came first of two answers that are there.
    bool before(int first, int second) {
        wait_for(first);
        wait_for(second);
        const std::lock_guard lock(mutex_);
        return std::ranges::find(order_, first) < std::ranges::find(order_, second);
    }

    std::mutex mutex_;
    std::condition_variable came_;
    std::map<int, Answer> answers_;
    std::vector<int> order_;
    std::string failure_;
    int added_ = 0, largest_batch_ = 0;
    std::unique_ptr<Pipeline> pipeline_;  // last: its threads use the rest
};

std::string grey(std::uint8_t value, int width = 24, int height = 16) {
    const auto bytes = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3;
    return png_of({width, height, std::vector<std::uint8_t>(bytes, value)});
}

TEST_F(PipelineTest, TheProbabilityFollowsFromTheFormula) {
    start(brightness_model());
    for (const int value : {0, 77, 200, 255}) {
        const Answer answer = wait_for(add(grey(static_cast<std::uint8_t>(value))));
        EXPECT_EQ(answer.outcome, Outcome::done) << answer.message;
        EXPECT_NEAR(100 * answer.probability, brightness_score(value), 1e-4);
        EXPECT_TRUE(answer.falls.empty());
    }
}

TEST_F(PipelineTest, APhotosErrorIsItsOwn) {
    PipelineOptions options;
    options.most_side = 500;
    options.most_pixels = 90'000;
    options.decoders = 2;
    start(brightness_model(), options);
    const std::string good = jpeg_of(picture(60, 40, 1));
    const int first = add(good);
    const std::map<int, std::string> bad = {
        {add(good.substr(0, good.size() / 2)), "truncated"},
        {add("\xFF\xD8\xFF not a photo"), "JPEG"},
        {add("<html>"), "only JPEG"},
        {add(png_claiming(60'000, 60'000)), "60000 x 60000"},
        {add(grey(1, 501, 10)), "500 a side"},
        {add(grey(1, 400, 300)), "90000 in all"},
    };
    const int last = add(good);
    for (const auto& [id, why] : bad) {
        const Answer answer = wait_for(id);
        EXPECT_EQ(answer.outcome, Outcome::bad_photo);
        EXPECT_NE(answer.message.find(why), std::string::npos) << answer.message;
        EXPECT_EQ(answer.message.find('\n'), std::string::npos);
    }
    EXPECT_EQ(wait_for(first).outcome, Outcome::done);
    EXPECT_EQ(wait_for(last).probability, wait_for(first).probability);
}

TEST_F(PipelineTest, DeadlinesAreLookedAtBeforeTheWork) {
    start(initialise(compose("photo-mini"), 1));
    for (const Task task : {Task::score, Task::occlusion}) {
        EXPECT_EQ(wait_for(add(grey(3), task, milliseconds(-1))).outcome, Outcome::late);
        // Nobody even looked at it.
        EXPECT_EQ(wait_for(add("no photo", task, milliseconds(-1))).outcome, Outcome::late);
    }
    // Once decoded, it waits behind much work.
    for (int i = 0; i < 8; ++i) add(grey(3), Task::occlusion);
    EXPECT_EQ(wait_for(add(grey(3), Task::occlusion, milliseconds(20))).outcome, Outcome::late);
}

/// A grey JPEG that goes through its first scan over and over before it shows anything.
std::string slow_jpeg(int scans) {
    constexpr int side = 2000;
    const Image grey{side, side, std::vector<std::uint8_t>(std::size_t{3} * side * side, 128)};
    const tests::Bytes bytes = tests::jpeg_file(grey, {.separate_scans = true});
    const std::string file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::size_t first = file.find("\xFF\xDA"), second = file.find("\xFF\xDA", first + 2);
    std::string slow = file.substr(0, first);
    for (int i = 0; i < scans; ++i) slow.append(file, first, second - first);
    return slow.append(file, first);
}

TEST_F(PipelineTest, AndWhileAPhotoIsDecoded) {
    PipelineOptions options;
    options.decoders = 2;
    start(brightness_model(), options);
    // To its end, the first would take three times as long as the second.
    const std::string slower = slow_jpeg(450), slow = slow_jpeg(150);
    const int hurried = add(slower, Task::score, milliseconds(30)), patient = add(slow);
    EXPECT_TRUE(before(hurried, patient));
    EXPECT_EQ(wait_for(hurried).outcome, Outcome::late);
    EXPECT_EQ(wait_for(patient).outcome, Outcome::done) << wait_for(patient).message;
}

TEST_F(PipelineTest, AnAnswerThatIsNoNumberIsAFailure) {
    NetDef net = net_of(
        8, 8,
        {weighted("fc1", "fc", "data", {{"outputs", std::int64_t{2}}}), layer("prob", "softmax", "fc1")});
    std::vector<float> weights(2 * 192, std::numeric_limits<float>::quiet_NaN());
    start(model_of(std::move(net), {std::move(weights), {0, 0}}));
    EXPECT_EQ(wait_for(add(grey(3))).outcome, Outcome::failed);
    EXPECT_EQ(wait_for(add(grey(3), Task::occlusion)).outcome, Outcome::failed);
}

TEST_F(PipelineTest, AnAnswerThatIsNoProbabilityIsAFailure) {
    // A layer of somebody's own, by the name of softmax, that lets the sums through: 3 and -3.
    LayerFactory factory = standard_layers();
    factory["softmax"] = factory["dropout"];
    const auto weights = std::make_shared<const std::vector<float>>(2 * 192, 0.0F);
    static constexpr float sums[2] = {3, -3};
    NetDef net = net_of(
        8, 8,
        {weighted("fc1", "fc", "data", {{"outputs", std::int64_t{2}}}), layer("prob", "softmax", "fc1")});
    start(std::make_shared<Model>(std::move(net), factory,
                                  std::vector<std::span<const float>>{*weights, sums}, weights,
                                  std::map<std::string, std::string>()));
    EXPECT_EQ(wait_for(add(grey(3))).outcome, Outcome::failed);
    EXPECT_EQ(wait_for(add(grey(3), Task::occlusion)).outcome, Outcome::failed);
    EXPECT_EQ(failure_, "");
}

TEST_F(PipelineTest, ANetThatIsNoJudgeIsRefused) {
    const auto expect_refused = [&](std::int64_t outputs, std::vector<LayerDef> after, const char* why) {
        after.insert(after.begin(), weighted("fc1", "fc", "data", {{"outputs", outputs}}));
        const auto size = static_cast<std::size_t>(outputs);
        try {
            start(model_of(net_of(8, 8, std::move(after)),
                           {std::vector<float>(size * 192), std::vector<float>(size)}));
            ADD_FAILURE() << why;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), Error::Kind::data);
            EXPECT_TRUE(std::string(error.what()).starts_with("model: ")) << error.what();
            EXPECT_NE(std::string(error.what()).find(why), std::string::npos) << error.what();
        }
    };
    expect_refused(3, {layer("prob", "softmax", "fc1")}, "3 outputs");
    expect_refused(2, {}, "ends in fc");
    expect_refused(2, {layer("relu1", "relu", "fc1")}, "ends in relu");
}

TEST_F(PipelineTest, ScoresGoBeforeOcclusions) {
    start(initialise(compose("photo-mini"), 1));
    const std::string photo = jpeg_of(picture(200, 150, 2));
    std::vector<int> explained;
    for (int i = 0; i < 10; ++i) explained.push_back(add(photo, Task::occlusion));
    const int score = add(photo);
    EXPECT_TRUE(before(score, explained.back()));
    EXPECT_EQ(wait_for(score).probability, wait_for(explained.back()).probability);
}

TEST_F(PipelineTest, ASlowPhotoHoldsUpNoOther) {
    PipelineOptions options;
    options.decoders = 2;
    start(brightness_model(), options);
    const int slow = add(jpeg_of(picture(5000, 4000, 3)));
    EXPECT_TRUE(before(add(grey(9)), slow));
}

TEST_F(PipelineTest, AnOcclusionFindsTheOneBrightPartHoweverSureTheNetIs) {
    // In a portrait photo, which the contract turns, the bright part is in row 6 of 8 and column 1 of 6.
    constexpr int side = 48, inputs = 3 * side * side;
    NetDef net = net_of(
        side, side,
        {weighted("fc1", "fc", "data", {{"outputs", std::int64_t{2}}}), layer("prob", "softmax", "fc1")});
    net.preprocessing.portrait = Preprocessing::Portrait::rotate;
    std::vector<float> weights(2 * inputs, 0.0F);
    std::fill(weights.begin() + inputs, weights.end(), 1.0F / 64 / inputs);
    Image photo{60, 80, std::vector<std::uint8_t>(std::size_t{60} * 80 * 3, 20)};
    for (int y = 60; y < 70; ++y)
        for (int x = 10; x < 20; ++x) std::fill_n(photo.rgb.begin() + 3 * (y * 60 + x), 3, std::uint8_t{255});
    // The log-odds are the mean pixel / 64 and a bias, so that all parts together take away the mean: here of
    // 100 pixels of 255 and 4700 of 20. With a bias of 30 each probability is 1 to the last bit.
    constexpr double all = (100 * 255 + 4700 * 20) / 4800.0 / 64;
    for (const float bias : {-2.0F, 30.0F}) {
        start(model_of(net, {weights, {0, bias}}));
        const Answer answer = wait_for(add(png_of(photo), Task::occlusion));
        ASSERT_EQ(answer.outcome, Outcome::done) << answer.message;
        EXPECT_EQ(answer.probability == 1, bias == 30);
        ASSERT_EQ(answer.rows, 8);
        ASSERT_EQ(answer.columns, 6);
        ASSERT_EQ(answer.falls.size(), 48U);
        EXPECT_EQ(std::ranges::max_element(answer.falls) - answer.falls.begin(), 6 * 6 + 1);
        EXPECT_NEAR(std::accumulate(answer.falls.begin(), answer.falls.end(), 0.0), all, 0.02 * all);
    }
}

TEST_F(PipelineTest, WhatIsForgottenIsNotAnswered) {
    start(brightness_model());
    const std::string slow = jpeg_of(picture(3000, 2000, 4));
    for (int i = 0; i < 50; ++i) add(slow);
    pipeline_->forget(1);
    std::size_t before = 0;
    {
        const std::lock_guard lock(mutex_);
        before = answers_.size();
    }
    const int after = added_;
    pipeline_->add(
        {{2, static_cast<std::uint64_t>(after)}, Task::score, Clock::now() + long_enough, {}, nullptr});
    EXPECT_EQ(wait_for(after).outcome, Outcome::bad_photo);
    const std::lock_guard lock(mutex_);
    EXPECT_LE(answers_.size(), before + 1 + 1 + 8) << "what was in work, and a batch on its way";
}

TEST(MemoryBudgetTest, NeverGivesOutMoreThanItHas) {
    MemoryBudget budget(100);
    std::atomic<int> refused{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&, i](const std::stop_token& stop) {
                for (int round = 0; round < 200; ++round) {
                    MemoryBudget::Share share(budget);
                    if (!share.take(static_cast<std::size_t>(10 + 5 * i), Clock::now() + long_enough, stop))
                        ++refused;
                    std::this_thread::yield();
                }
            });
        for (std::jthread& thread : threads) thread.join();
    }
    EXPECT_EQ(refused, 0);
    EXPECT_LE(budget.most_used(), 100U);
    EXPECT_GE(budget.most_used(), 45U);
}

TEST(MemoryBudgetTest, OneAloneMayTakeMoreAndOthersWaitUntilTheirDeadline) {
    MemoryBudget budget(100);
    std::stop_source stop;
    MemoryBudget::Share other(budget);
    {
        MemoryBudget::Share large(budget);
        EXPECT_TRUE(large.take(1000, Clock::now(), stop.get_token()));
        EXPECT_FALSE(other.take(1, Clock::now() + milliseconds(20), stop.get_token()));
        stop.request_stop();
        EXPECT_FALSE(other.take(1, Clock::now() + long_enough, stop.get_token()));
    }
    EXPECT_TRUE(other.take(100, Clock::now(), stop.get_token()));
}

}  // namespace
}  // namespace emulsion::test
