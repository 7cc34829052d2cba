// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A real worker and a real gateway in one process.
#include "apps/serve/worker.h"

#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <atomic>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "apps/serve/keys.h"
#include "apps/serve/model_facts.h"
#include "apps/serve/wire.h"
#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/serve/transport/fake_worker.h"
#include "tests/apps/serve/transport/line.h"
#include "tests/apps/serve/transport/photos.h"

namespace emulsion::test {
namespace {

using serve::Gateway;
using serve::GatewayOptions;
using serve::Task;
using serve::Worker;
using serve::WorkerOptions;
using std::chrono::milliseconds;

class WorkerTest : public testing::Test {
   protected:
    void start_gateway(GatewayOptions options = {}) {
        gateway_ = std::make_unique<Gateway>(context_, options);
    }
    WorkerOptions quick() const {
        WorkerOptions options;
        options.name = "studio";
        options.heartbeat = milliseconds(50);
        options.endpoint = gateway_ ? gateway_->endpoint() : options.endpoint;
        options.pipeline.decoders = 2;
        return options;
    }
    /// For gateways whose loss is to be noticed soon; they must then speak often.
    WorkerOptions impatient() const {
        WorkerOptions options = quick();
        options.silence = milliseconds(2000);
        return options;
    }
    void start_worker(const WorkerOptions& options) {
        worker_ = std::make_unique<Worker>(context_, model_, "mini.safetensors", options);
    }
    int submit(const std::string& photo, Task task = Task::score) {
        gateway_->submit(job_of(photo, std::chrono::hours(1), task), answers_.slot(jobs_));
        return jobs_++;
    }
    void wait_for_workers(std::size_t count) {
        while (gateway_->state().workers.size() != count) std::this_thread::sleep_for(milliseconds(5));
    }
    static GatewayOptions over_tcp() {
        GatewayOptions options;
        options.endpoint = "tcp://127.0.0.1:*";
        return options;
    }

    const TemporaryFolder folder_;
    std::shared_ptr<const Model> model_ = initialise(compose("photo-mini"), 5);
    std::shared_ptr<zmq::context_t> context_ = serve::make_context();
    Answers answers_;
    int jobs_ = 0;
    std::unique_ptr<Gateway> gateway_;
    std::unique_ptr<Worker> worker_;
};

/// What `emulsion score` says of photos, by their names: 0.photo, 1.photo...
std::vector<double> scores_of_the_command(const Model& model, const std::vector<std::string>& photos) {
    const TemporaryFolder folder;
    save(model, folder / "model.safetensors");
    std::vector<std::string> arguments = {"score", "--json", "--model", folder / "model.safetensors"};
    for (std::size_t i = 0; i < photos.size(); ++i) {
        arguments.push_back(folder / (std::to_string(i) + ".photo"));
        std::ofstream(arguments.back(), std::ios::binary) << photos[i];
    }
    const Outcome outcome = run_emulsion(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    std::vector<double> scores(photos.size());
    const nlohmann::json result = nlohmann::json::parse(outcome.out);
    for (const auto& entry : result["photos"])
        scores.at(std::stoul(std::filesystem::path(entry["path"].get<std::string>()).stem().string())) =
            entry["score"];
    return scores;
}

TEST_F(WorkerTest, ScoresAreThoseOfTheCommandToTheBitAloneAndInBatches) {
    std::vector<std::string> photos;
    for (int i = 0; i < 24; ++i) {
        const Image image = picture(90 + 17 * i, 400 - 13 * i, static_cast<unsigned>(i));
        photos.push_back(i % 3 == 0 ? png_of(image) : jpeg_of(image));
    }
    const std::vector<double> expected = scores_of_the_command(*model_, photos);
    EXPECT_NE(expected[0], expected[1]);
    start_gateway();
    start_worker(quick());
    for (std::size_t i = 0; i < photos.size(); ++i) {
        const int id = submit(photos[i]);
        ASSERT_TRUE(answers_.wait(static_cast<std::size_t>(jobs_)));
        EXPECT_EQ(100.0 * answers_.one(id).probability, expected[i]) << i << ": " << answers_.one(id).message;
    }
    // All at once, until some went through the net together; how many do is a matter of time.
    do {
        const int first = jobs_;
        for (const std::string& photo : photos) submit(photo);
        ASSERT_TRUE(answers_.wait(static_cast<std::size_t>(jobs_)));
        for (std::size_t i = 0; i < photos.size(); ++i)
            ASSERT_EQ(100.0 * answers_.one(first + static_cast<int>(i)).probability, expected[i]) << i;
    } while (gateway_->state().batches.size() < 4);
    EXPECT_LE(gateway_->state().batches.size(), 9U);
    EXPECT_EQ(answers_.one(0).worker, "studio");
}

TEST_F(WorkerTest, ExplainsWithTheSameProbability) {
    start_gateway();
    start_worker(quick());
    const std::string photo = jpeg_of(picture(200, 300, 9));
    const int score = submit(photo), explained = submit(photo, Task::occlusion);
    ASSERT_TRUE(answers_.wait(2));
    EXPECT_EQ(answers_.one(score).probability, answers_.one(explained).probability);
    EXPECT_EQ(answers_.one(explained).rows, 8);
    EXPECT_EQ(answers_.one(explained).columns, 6);
    EXPECT_EQ(answers_.one(explained).falls.size(), 48U);
}

TEST_F(WorkerTest, TellsWhatItIs) {
    start_gateway();
    start_worker(quick());
    wait_for_workers(1);
    const serve::BackendState state = gateway_->state();
    EXPECT_EQ(state.workers[0].name, "studio");
    EXPECT_NE(state.workers[0].device.find("cpu"), std::string::npos);
    EXPECT_EQ(state.workers[0].credits, 18);
    EXPECT_EQ(state.model.name, "mini.safetensors");
    EXPECT_EQ(state.model.fingerprint, worker_->model().fingerprint);
    EXPECT_EQ(state.model.height, 96);
    EXPECT_EQ(state.model.width, 144);
}

TEST_F(WorkerTest, TheFingerprintIsOfWeightsAndPreprocessingAndNotOfTheName) {
    const std::string own = serve::facts_of(*model_, "a").fingerprint;
    EXPECT_EQ(own.size(), 64U);
    EXPECT_EQ(serve::facts_of(*initialise(compose("photo-mini"), 5), "b").fingerprint, own);
    EXPECT_NE(serve::facts_of(*initialise(compose("photo-mini"), 6), "a").fingerprint, own);
    NetDef net = compose("photo-mini");
    net.preprocessing.mean[0] += 1;
    EXPECT_NE(serve::facts_of(*initialise(net, 5), "a").fingerprint, own);
    net = compose("photo-mini");
    net.preprocessing.mean_image.assign(3 * 104 * 156, 7);
    const std::string with_image = serve::facts_of(*initialise(net, 5), "a").fingerprint;
    net.preprocessing.mean_image[99] = 8;
    EXPECT_NE(serve::facts_of(*initialise(net, 5), "a").fingerprint, with_image);
}

TEST_F(WorkerTest, StopAnswersWhatItHoldsAndTheRestWaitsForAnother) {
    start_gateway(over_tcp());
    start_worker(quick());
    wait_for_workers(1);
    const std::string photo = jpeg_of(picture(300, 200, 1));
    for (int i = 0; i < 60; ++i) submit(photo);
    worker_->stop();
    EXPECT_TRUE(worker_->ended());
    EXPECT_EQ(worker_->failure(), "");
    EXPECT_EQ(gateway_->state().jobs_given_again, 0U);
    start_worker(quick());
    ASSERT_TRUE(answers_.wait(60));
    for (int i = 0; i < 60; ++i)
        EXPECT_EQ(answers_.one(i).outcome, serve::Outcome::done) << answers_.one(i).message;
    EXPECT_EQ(gateway_->state().jobs_given_again, 0U);
}

TEST_F(WorkerTest, ComesBackAfterTheGatewaysRestart) {
    for (const std::string& kind : {std::string("inproc://restart"), std::string("tcp://127.0.0.1:*")}) {
        GatewayOptions options;
        options.endpoint = kind;
        options.dispatch.heartbeat = milliseconds(50);
        options.dispatch.grace = long_enough;
        const auto start = [&] {
            // A port is free only when the whole context is gone.
            const auto own = kind.starts_with("tcp") ? serve::make_context() : context_;
            gateway_ = std::make_unique<Gateway>(own, options);
        };
        start();
        options.endpoint = gateway_->endpoint();
        start_worker(impatient());
        wait_for_workers(1);
        gateway_.reset();
        start();
        const int id = submit(jpeg_of(picture(99, 88, 1)));
        ASSERT_TRUE(answers_.wait(static_cast<std::size_t>(jobs_)));
        EXPECT_EQ(answers_.one(id).outcome, serve::Outcome::done) << kind << ": " << answers_.one(id).message;
        worker_.reset();
    }
}

// A gateway that the test plays: what the worker sends, and from which connection.
class FakeGateway {
   public:
    explicit FakeGateway(const std::string& endpoint) : socket_(context_, zmq::socket_type::router) {
        socket_.set(zmq::sockopt::linger, 0);
        socket_.bind(endpoint);
    }
    std::string endpoint() const { return socket_.get(zmq::sockopt::last_endpoint); }
    /// The next message of a kind; its sender and session are remembered.
    template <class Message>
    Message next() {
        while (true) {
            std::vector<zmq::message_t> frames;
            if (!serve::receive(socket_, 2, frames)) {
                std::this_thread::sleep_for(milliseconds(1));
                continue;
            }
            peer = frames[0].to_string();
            const std::vector<serve::Frame> all = serve::views(frames);
            serve::Read<serve::FromWorker> read = serve::read_from_worker(std::span(all).subspan(1));
            EXPECT_TRUE(read.message) << read.why;
            session = read.session;
            if (auto* const message = std::get_if<Message>(&*read.message)) return std::move(*message);
        }
    }
    void say(const serve::FromGateway& message, const std::string& photo = "") {
        std::vector<zmq::message_t> frames;
        frames.emplace_back(peer);
        frames.push_back(serve::copied_frame(serve::write_message(session, message)));
        if (!photo.empty()) frames.emplace_back(photo);
        serve::send(socket_, std::move(frames));
    }

    std::string peer;
    std::uint64_t session = 0;

   private:
    zmq::context_t context_;
    zmq::socket_t socket_;
};

TEST_F(WorkerTest, OpensANewConnectionToAGatewayThatStaysSilent) {
    FakeGateway gateway("tcp://127.0.0.1:*");
    WorkerOptions options = impatient();
    options.endpoint = gateway.endpoint();
    start_worker(options);
    gateway.next<serve::Ready>();
    const std::string first = gateway.peer;
    const std::uint64_t session = gateway.session;
    gateway.next<serve::Ready>();
    EXPECT_NE(gateway.peer, first);
    EXPECT_NE(gateway.session, session);
}

TEST_F(WorkerTest, SaysReadyAgainOnTheSameConnectionWhenAsked) {
    FakeGateway gateway("tcp://127.0.0.1:*");
    WorkerOptions options = quick();
    options.endpoint = gateway.endpoint();
    options.silence = long_enough;
    options.patience = milliseconds(0);  // nobody will take its leave
    options.pipeline.decoders = 1;
    start_worker(options);
    gateway.next<serve::Ready>();
    const std::string peer = gateway.peer;
    const std::uint64_t first = gateway.session;
    const std::string slow = jpeg_of(picture(3000, 2000, 1));
    const auto give = [&](std::uint64_t number, const std::string& photo) {
        gateway.say(serve::GivenJob{number, "r", Task::score, milliseconds(60'000)}, photo);
    };
    gateway.say(serve::Heartbeat{});
    give(1, slow);
    gateway.say(serve::Again{});
    gateway.next<serve::Ready>();
    EXPECT_EQ(gateway.peer, peer);
    EXPECT_NE(gateway.session, first);
    // A job and an Again of the old session are nobody's; its photo, which may be in work yet, answers no job
    // of the new one, though it has the same number.
    const std::uint64_t second = std::exchange(gateway.session, first);
    give(2, "no photo");
    gateway.say(serve::Again{});
    gateway.session = second;
    give(1, slow.substr(0, slow.size() - 100));
    serve::Result result;
    do {
        result = gateway.next<serve::Result>();
    } while (gateway.session == first);
    EXPECT_EQ(result.job, 1U);
    EXPECT_EQ(gateway.session, second);
    EXPECT_EQ(result.answer.outcome, serve::Outcome::bad_photo);
}

TEST_F(WorkerTest, HostileGatewaysAreLeft) {
    FakeGateway gateway("tcp://127.0.0.1:*");
    WorkerOptions options = impatient();
    options.endpoint = gateway.endpoint();
    start_worker(options);
    gateway.next<serve::Ready>();
    const std::string first = gateway.peer;
    gateway.say(serve::Again{}, "with a photo");
    gateway.next<serve::Ready>();
    EXPECT_NE(gateway.peer, first);
    EXPECT_FALSE(worker_->ended());
}

TEST_F(WorkerTest, ARefusedWorkerEndsAndSaysWhy) {
    start_gateway();
    FakeWorker other(*context_, gateway_->endpoint());
    other.join(1);
    wait_for_workers(1);
    start_worker(quick());
    ASSERT_TRUE(worker_->ended(long_enough));
    EXPECT_NE(worker_->failure().find("model"), std::string::npos) << worker_->failure();
}

TEST_F(WorkerTest, WaitsQuietlyForAGatewayThatDoesNotCome) {
    WorkerOptions options = quick();
    std::atomic<int> complaints{0};
    options.silence = milliseconds(100);
    options.heartbeat = std::chrono::hours(1);
    options.log = [&](LogLevel, const std::string& line) { complaints += line.find("nobody") != line.npos; };
    start_worker(options);
    while (complaints == 0) std::this_thread::sleep_for(milliseconds(5));
    const std::clock_t before = std::clock();  // of this whole process
    std::this_thread::sleep_for(milliseconds(1000));
    EXPECT_LT(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC, 0.25);
    EXPECT_EQ(complaints, 1);
}

TEST_F(WorkerTest, StopsWithoutAGateway) {
    WorkerOptions options = quick();
    options.endpoint = "tcp://127.0.0.1:1";
    start_worker(options);
    worker_->stop();
    EXPECT_TRUE(worker_->ended());
}

TEST_F(WorkerTest, ACutLineIsNoticedOnBothSidesAndMended) {
    GatewayOptions options = over_tcp();
    options.dispatch.heartbeat = milliseconds(50);
    options.dispatch.silence = milliseconds(2000);
    options.dispatch.grace = long_enough;
    start_gateway(options);
    Line line(port_of(gateway_->endpoint()));
    WorkerOptions far = impatient();
    far.endpoint = "tcp://127.0.0.1:" + std::to_string(line.port());
    start_worker(far);
    wait_for_workers(1);
    const std::string photo = jpeg_of(picture(300, 200, 1));
    for (int i = 0; i < 60; ++i) submit(photo);
    ASSERT_TRUE(answers_.wait(5));
    line.cut(true);  // nobody is told
    wait_for_workers(0);
    line.cut(false);
    ASSERT_TRUE(answers_.wait(60));
    line.drop();  // both are told, and meet again
    for (int i = 0; i < 60; ++i) submit(photo);
    ASSERT_TRUE(answers_.wait(120));
    for (int i = 0; i < 120; ++i) {
        EXPECT_EQ(answers_.one(i).outcome, serve::Outcome::done) << answers_.one(i).message;
        EXPECT_EQ(answers_.one(i).probability, answers_.one(0).probability);
    }
}

TEST_F(WorkerTest, KeysDecideWhoJoins) {
    const std::string keys = folder_ / "keys", other = folder_ / "other";
    serve::make_keys(keys, "worker");
    serve::make_keys(other, "worker");
    GatewayOptions options = over_tcp();
    options.keys = keys;
    start_gateway(options);

    // The wrong server's key, and none: neither gets as far as to say who it is.
    WorkerOptions wrong = impatient();
    std::atomic<bool> complained{false};
    wrong.keys = other;
    wrong.log = [&](LogLevel, const std::string& line) {
        complained = complained || line.find("nobody answers") != line.npos;
    };
    start_worker(wrong);
    while (!complained) std::this_thread::sleep_for(milliseconds(5));
    EXPECT_TRUE(gateway_->state().workers.empty());
    worker_.reset();

    WorkerOptions right = quick();
    right.keys = keys;
    start_worker(right);
    const int id = submit(jpeg_of(picture(99, 88, 1)));
    ASSERT_TRUE(answers_.wait(1));
    EXPECT_EQ(answers_.one(id).outcome, serve::Outcome::done);
}

TEST_F(WorkerTest, AnotherMachineNeedsKeys) {
    WorkerOptions options;
    options.endpoint = "tcp://192.0.2.1:6666";
    try {
        start_worker(options);
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Error::Kind::usage);
        EXPECT_NE(std::string(error.what()).find("keys"), std::string::npos) << error.what();
    }
    options.keys = folder_ / "nowhere";
    EXPECT_THROW(start_worker(options), Error);
    options.keys.clear();
    options.endpoint = "nonsense";
    options.insecure = true;
    EXPECT_THROW(start_worker(options), Error);
}

}  // namespace
}  // namespace emulsion::test
