// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The gateway's socket and thread, against workers that do as the test says.
#include "apps/serve/gateway.h"

#include <emulsion/error.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

#include "apps/serve/wire.h"
#include "tests/apps/serve/transport/fake_worker.h"
#include "tests/apps/serve/transport/line.h"

namespace emulsion::test {
namespace {

using namespace emulsion::serve;
using std::chrono::milliseconds;

class GatewayTest : public testing::TestWithParam<std::string> {
   protected:
    void start(GatewayOptions options = {}) {
        options.endpoint = GetParam();
        gateway_ = std::make_unique<Gateway>(context_, options);
    }
    FakeWorker worker() { return {*context_, gateway_->endpoint()}; }
    void submit(const std::string& photo, milliseconds left = std::chrono::hours(1)) {
        gateway_->submit(job_of(photo, left), answers_.slot(jobs_++));
    }
    void wait_for_workers(std::size_t count) {
        while (gateway_->state().workers.size() != count) std::this_thread::sleep_for(milliseconds(2));
    }

    std::shared_ptr<zmq::context_t> context_ = make_context();
    Answers answers_;
    int jobs_ = 0;
    std::unique_ptr<Gateway> gateway_;
};

INSTANTIATE_TEST_SUITE_P(Endpoints, GatewayTest, testing::Values("inproc://test", "tcp://127.0.0.1:*"),
                         [](const auto& each) { return each.param.substr(0, each.param.find(':')); });

TEST_P(GatewayTest, APhotoGoesThereAndItsAnswerComesBack) {
    start();
    FakeWorker fake = worker();
    fake.join(2);
    submit("the photo", std::chrono::seconds(100));
    const auto job = fake.next<GivenJob>();
    ASSERT_TRUE(job);
    EXPECT_EQ(fake.last_photo, "the photo");
    EXPECT_EQ(job->request_id, "request");
    EXPECT_LE(job->left, std::chrono::seconds(100));
    EXPECT_GT(job->left, std::chrono::seconds(20));
    fake.answer(job->number, 0.123456789);
    ASSERT_TRUE(answers_.wait(1));
    EXPECT_EQ(answers_.one(0).outcome, Outcome::done);
    EXPECT_EQ(answers_.one(0).probability, 0.123456789);
    EXPECT_EQ(answers_.one(0).worker, "fake");
}

TEST_P(GatewayTest, JobsWaitForAWorkerThatComesLater) {
    start();
    for (const char* photo : {"a", "b", "c"}) submit(photo);
    FakeWorker fake = worker();
    fake.join(3);
    for (const char* photo : {"a", "b", "c"}) {
        const auto job = fake.next<GivenJob>();
        ASSERT_TRUE(job);
        EXPECT_EQ(fake.last_photo, photo);
        fake.answer(job->number);
    }
    EXPECT_TRUE(answers_.wait(3));
}

TEST_P(GatewayTest, AFullQueueSaysSoAtOnce) {
    GatewayOptions options;
    options.dispatch.most_jobs = 2;
    start(options);
    submit("a");
    submit("b");
    submit("c");
    EXPECT_EQ(answers_.one(2).outcome, Outcome::full);  // from within submit
    EXPECT_EQ(gateway_->state().queued_jobs, 2U);
}

TEST_P(GatewayTest, DeadlinesPassWithoutAnybodyLooking) {
    start();
    submit("a", milliseconds(50));
    ASSERT_TRUE(answers_.wait(1));
    EXPECT_EQ(answers_.one(0).outcome, Outcome::late);
}

TEST_P(GatewayTest, AWorkerThatGoesAwayIsNoticedAndItsJobGivenOn) {
    GatewayOptions options;
    options.dispatch.silence = std::chrono::hours(1);  // it is the connection that tells
    start(options);
    auto first = std::make_unique<FakeWorker>(*context_, gateway_->endpoint());
    first->join(1);
    submit("a");
    ASSERT_TRUE(first->next<GivenJob>());
    first.reset();  // its connection goes with it
    FakeWorker second = worker();
    second.join(1);
    const auto job = second.next<GivenJob>();
    ASSERT_TRUE(job);
    second.answer(job->number);
    ASSERT_TRUE(answers_.wait(1));
    EXPECT_EQ(answers_.one(0).outcome, Outcome::done);
    EXPECT_EQ(gateway_->state().jobs_given_again, 1U);
}

TEST_P(GatewayTest, ASilentWorkerIsDeadAndLearnsOfItWhenItSpeaksAgain) {
    GatewayOptions options;
    options.dispatch.silence = milliseconds(300);
    options.dispatch.heartbeat = milliseconds(50);
    start(options);
    FakeWorker fake = worker();
    fake.join(1);
    wait_for_workers(1);
    wait_for_workers(0);
    fake.say(Heartbeat{});
    EXPECT_TRUE(fake.next<Again>());
    fake.join(1);
    wait_for_workers(1);
}

TEST_P(GatewayTest, AnotherModelAndAnotherVersionAreRefused) {
    start();
    FakeWorker first = worker(), second = worker(), third = worker();
    first.join(1);
    wait_for_workers(1);
    second.join(1, 'b');
    const auto refused = second.next<Refused>();
    ASSERT_TRUE(refused);
    EXPECT_NE(refused->why.find("model"), std::string::npos) << refused->why;
    third.say_raw({std::string("E\x63\x01\x00", 4) + std::string(8, 'x')});
    const auto version = third.next<Refused>();
    ASSERT_TRUE(version);
    EXPECT_NE(version->why.find("version 99"), std::string::npos) << version->why;
    EXPECT_EQ(gateway_->state().workers.size(), 1U);
}

TEST_P(GatewayTest, HostileFramesHarmNobody) {
    start();
    FakeWorker good = worker(), bad = worker();
    good.join(4);
    wait_for_workers(1);
    for (int i = 0; i < 200; ++i) {
        bad.say_raw({std::string(static_cast<std::size_t>(i), static_cast<char>(i))});
        bad.say_raw(std::vector<std::string>(static_cast<std::size_t>(1 + i), "frame"));
        bad.say_raw({"", "", ""});
    }
    submit("a");
    const auto job = good.next<GivenJob>();
    ASSERT_TRUE(job);
    good.answer(job->number + 1);
    good.answer(job->number);
    good.answer(job->number);
    ASSERT_TRUE(answers_.wait(1));
    EXPECT_EQ(answers_.one(0).outcome, Outcome::done);
    EXPECT_EQ(gateway_->state().workers.size(), 1U);
}

TEST_P(GatewayTest, StopFinishesWhatItTook) {
    start();
    FakeWorker fake = worker();
    fake.join(1);
    submit("a");
    const auto job = fake.next<GivenJob>();
    ASSERT_TRUE(job);
    std::thread stopping([this] { gateway_->stop(long_enough); });
    do {  // until it has begun to stop, jobs are taken
        std::this_thread::sleep_for(milliseconds(5));
        submit("later");
    } while (!answers_.all().contains(jobs_ - 1));
    EXPECT_EQ(answers_.one(jobs_ - 1).outcome, Outcome::stopping);
    fake.answer(job->number);
    for (int i = 1; i < jobs_ - 1; ++i) {
        const auto next = fake.next<GivenJob>();
        ASSERT_TRUE(next);
        fake.answer(next->number);
    }
    stopping.join();
    for (int i = 0; i < jobs_ - 1; ++i) EXPECT_EQ(answers_.one(i).outcome, Outcome::done);
    EXPECT_TRUE(fake.next<Stop>());
}

TEST_P(GatewayTest, StopWithoutPatienceAnswersEverything) {
    start();
    FakeWorker fake = worker();
    fake.join(1);
    submit("a");
    submit("b");
    ASSERT_TRUE(fake.next<GivenJob>());
    gateway_->stop(milliseconds(10));
    EXPECT_EQ(answers_.one(0).outcome, Outcome::stopping);
    EXPECT_EQ(answers_.one(1).outcome, Outcome::stopping);
    submit("c");
    EXPECT_EQ(answers_.one(2).outcome, Outcome::stopping);
    gateway_->stop(milliseconds(10));
}

TEST_P(GatewayTest, ManyThreadsSubmitAndEachJobIsAnsweredOnce) {
    start();
    constexpr int threads = 4, each = 50;
    std::atomic<bool> over{false};
    std::thread helper([&] {
        FakeWorker fake = worker();
        fake.join(16);
        while (!over) {
            const auto heard = fake.hear(milliseconds(20));
            if (!heard) continue;
            fake.say(Heartbeat{});
            if (const auto* const job = std::get_if<GivenJob>(&heard->message)) {
                fake.answer(job->number);
                fake.answer(job->number);
            }
        }
    });
    {
        std::vector<std::jthread> senders;
        for (int t = 0; t < threads; ++t)
            senders.emplace_back([&, t] {
                for (int i = 0; i < each; ++i) gateway_->submit(job_of("photo"), answers_.slot(t * each + i));
            });
    }
    EXPECT_TRUE(answers_.wait(threads * each));
    over = true;
    helper.join();
    for (const auto& [id, all] : answers_.all()) {
        ASSERT_EQ(all.size(), 1U) << id;
        EXPECT_EQ(all.front().outcome, Outcome::done) << all.front().message;
    }
}

TEST_P(GatewayTest, WhoThrowsAtAnAnswerHarmsNobody) {
    start();
    const auto throwing = [](const Answer&) { throw std::runtime_error("not today"); };
    gateway_->submit(job_of("a", milliseconds(-1)), throwing);  // answered from within
    gateway_->submit(job_of("b"), throwing);
    submit("c");
    FakeWorker fake = worker();
    fake.join(2);
    for (int i = 0; i < 2; ++i) {
        const auto job = fake.next<GivenJob>();
        ASSERT_TRUE(job);
        fake.answer(job->number);
    }
    ASSERT_TRUE(answers_.wait(1));
    EXPECT_EQ(answers_.one(0).outcome, Outcome::done);
    EXPECT_EQ(gateway_->failure(), "");
}

TEST_P(GatewayTest, AFailureOfItsOwnIsTold) {
    GatewayOptions options;
    options.log = [](LogLevel, const std::string&) { throw std::runtime_error("no paper"); };
    start(options);
    submit("a");
    FakeWorker fake = worker();
    fake.join(1);  // which goes to the log
    ASSERT_TRUE(answers_.wait(1));
    EXPECT_EQ(answers_.one(0).outcome, Outcome::stopping);
    EXPECT_EQ(gateway_->failure(), "the gateway has failed: no paper");
    submit("b");
    EXPECT_EQ(answers_.one(1).outcome, Outcome::stopping);
}

TEST_P(GatewayTest, SignalsInTheMiddleOfItHarmNobody) {
    start();
    struct sigaction quiet {
    }, before{};
    quiet.sa_handler = [](int) {};  // without SA_RESTART
    sigaction(SIGUSR1, &quiet, &before);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    // Neither this thread takes them nor that which sends them: mostly the gateway's is left.
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::jthread storm([](const std::stop_token& stop) {
        for (; !stop.stop_requested(); std::this_thread::sleep_for(std::chrono::microseconds(20)))
            kill(getpid(), SIGUSR1);
    });
    FakeWorker fake = worker();
    fake.join(1);
    for (int i = 0; i < 300; ++i) {
        submit("photo");
        const auto job = fake.next<GivenJob>();
        ASSERT_TRUE(job);
        fake.answer(job->number);
        ASSERT_TRUE(answers_.wait(static_cast<std::size_t>(jobs_)));
    }
    storm.request_stop();
    storm.join();
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    sigaction(SIGUSR1, &before, nullptr);
    EXPECT_EQ(gateway_->failure(), "");
}

TEST(GatewayLineTest, PhotosOnTheirWayToAFrozenWorkerAreLetGo) {
    const auto context = make_context();
    GatewayOptions options;
    options.endpoint = "tcp://127.0.0.1:*";
    options.dispatch.silence = milliseconds(500);
    Gateway gateway(context, options);
    Line line(port_of(gateway.endpoint()));
    const std::string through = "tcp://127.0.0.1:" + std::to_string(line.port());
    FakeWorker fake(*context, through, [&](zmq::socket_t& socket) { prepare(socket, through); });
    fake.join(8);
    ASSERT_TRUE(fake.next<Heartbeat>());
    line.cut(true);
    // More than the buffers of the line take.
    Answers answers;
    std::vector<std::weak_ptr<const std::vector<std::byte>>> photos;
    std::string large;
    large.resize(16'000'000, 'x');
    for (int i = 0; i < 4; ++i) {
        Job job = job_of(large, milliseconds(1000));
        photos.push_back(job.photo);
        gateway.submit(std::move(job), answers.slot(i));
    }
    ASSERT_TRUE(answers.wait(4));
    const auto until = std::chrono::steady_clock::now() + long_enough;
    const auto all_gone = [&] {
        return std::ranges::all_of(photos, [](const auto& photo) { return photo.expired(); });
    };
    while (!all_gone() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(milliseconds(10));
    EXPECT_TRUE(all_gone()) << "the dead worker's photos are held";
}

TEST(GatewayEndpointTest, OthersNeedKeysAndATakenPortIsNamed) {
    const auto context = make_context();
    for (const char* open :
         {"tcp://*:6666", "tcp://0.0.0.0:6666", "tcp://127.evil.example:6666", "tcp://192.168.1.2:1"}) {
        GatewayOptions options;
        options.endpoint = open;
        try {
            const Gateway gateway(context, options);
            ADD_FAILURE() << open;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), Error::Kind::usage) << error.what();
            EXPECT_NE(std::string(error.what()).find("keys"), std::string::npos) << error.what();
        }
    }
    GatewayOptions options;
    options.endpoint = "tcp://127.0.0.1:*";
    const Gateway gateway(context, options);
    options.endpoint = gateway.endpoint();
    try {
        const Gateway second(context, options);
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Error::Kind::failure);
        EXPECT_NE(std::string(error.what()).find(gateway.endpoint()), std::string::npos) << error.what();
    }
    options.endpoint = "tcp://0.0.0.0:*";
    options.insecure = true;
    const Gateway open_to_all(context, options);
    EXPECT_TRUE(is_local("tcp://localhost:1"));
    EXPECT_TRUE(is_local("tcp://127.0.0.1:*"));
    EXPECT_TRUE(is_local("tcp://[::1]:1"));
    EXPECT_TRUE(is_local("inproc://x"));
}

}  // namespace
}  // namespace emulsion::test
