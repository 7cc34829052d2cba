// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The worst that can happen to workers, done to real processes in the middle of work: each photo is answered
// once, with the right score. EMULSION_FAULT_JOBS sets how many photos (300).
#include <emulsion/emulsion.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "apps/serve/gateway.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/serve/transport/fake_worker.h"
#include "tests/apps/serve/transport/photos.h"

namespace emulsion::test {
namespace {

using serve::Gateway;
using serve::GatewayOptions;
using serve::Outcome;
using std::chrono::milliseconds;

/// A network of its own, as another machine would have, and the cable to it. Needs root.
class OtherMachine {
   public:
    OtherMachine() {
        laid_ = run("ip netns add " + name_) &&
                run("ip link add " + here_ + " type veth peer name " + there_ + " netns " + name_) &&
                run("ip addr add " + address() + "/30 dev " + here_) && run("ip link set " + here_ + " up") &&
                run("ip -n " + name_ + " addr add " + subnet_ + "2/30 dev " + there_) && join();
    }
    ~OtherMachine() {
        run("ip netns del " + name_);
        run("ip link del " + here_);
    }
    OtherMachine(const OtherMachine&) = delete;
    OtherMachine& operator=(const OtherMachine&) = delete;

    bool is_there() const { return laid_; }
    std::string address() const { return subnet_ + "1"; }  ///< this machine's, seen from there
    std::string path() const { return "/run/netns/" + name_; }
    /// What is sent is lost without a word.
    bool cut() const { return run("ip -n " + name_ + " link set " + there_ + " down"); }
    bool join() const { return run("ip -n " + name_ + " link set " + there_ + " up"); }

   private:
    static bool run(const std::string& command) {
        return std::system((command + " 2> /dev/null").c_str()) == 0;
    }

    const std::string number_ = std::to_string(getpid());
    const std::string name_ = "emulsion" + number_, here_ = "em" + number_ + "a",
                      there_ = "em" + number_ + "b";
    // Of the block for tests of networks (RFC 2544), so that nobody is in the way.
    const std::string subnet_ = "198.18." + std::to_string(getpid() % 256) + ".";
    bool laid_ = false;
};

/// `emulsion worker`, until it is killed or the test ends.
class WorkerProcess {
   public:
    explicit WorkerProcess(std::vector<std::string> arguments, const std::string& network = "") {
        arguments.insert(arguments.begin(), {"emulsion", "worker"});
        std::vector<char*> argv;
        for (std::string& word : arguments) argv.push_back(word.data());
        argv.push_back(nullptr);
        process_ = fork();
        if (process_ == 0) {
            if (!network.empty() && setns(open(network.c_str(), O_RDONLY | O_CLOEXEC), CLONE_NEWNET) != 0)
                _exit(126);
            execv(EMULSION_COMMAND, argv.data());
            _exit(127);
        }
    }
    ~WorkerProcess() { end(SIGKILL); }
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;

    void signal(int number) const { kill(process_, number); }
    /// Sends a signal and waits for the end; answers the exit code, or -1.
    int end(int number) {
        if (process_ <= 0) return -1;
        int status = 0;
        signal(number);
        waitpid(process_, &status, 0);
        process_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

   private:
    pid_t process_ = -1;
};

std::size_t jobs_wanted() {
    const char* const text = std::getenv("EMULSION_FAULT_JOBS");
    return text == nullptr ? 300 : std::stoul(text);
}

class FaultsTest : public testing::Test {
   protected:
    FaultsTest() {
        save(*initialise(compose("photo-mini"), 5), folder_ / "model.safetensors");
        for (unsigned i = 0; i < 30; ++i) photos_.push_back(jpeg_of(picture(400, 300, i)));
        options_.endpoint = "tcp://127.0.0.1:*";
        options_.dispatch.most_jobs = jobs_wanted();
        options_.dispatch.grace = long_enough;  // processes take their time to start
        start();
    }
    void start() {
        gateway_ = std::make_unique<Gateway>(serve::make_context(), options_);
        options_.endpoint = gateway_->endpoint();
    }
    std::unique_ptr<WorkerProcess> worker(const std::string& name, const std::string& network = "") const {
        return std::make_unique<WorkerProcess>(
            std::vector<std::string>{"--connect", options_.endpoint, "--model", folder_ / "model.safetensors",
                                     "--name", name, "--threads", "1", "--log", "warning", "--insecure"},
            network);
    }
    void wait_for_workers(std::size_t count) {
        while (gateway_->state().workers.size() != count) std::this_thread::sleep_for(milliseconds(5));
    }
    void submit(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i, ++jobs_)
            gateway_->submit(job_of(photos_[static_cast<std::size_t>(jobs_) % photos_.size()]),
                             answers_.slot(jobs_));
    }
    void expect_every_photo_scored_once() const {
        std::map<std::size_t, double> known;
        for (const auto& [id, all] : answers_.all()) {
            ASSERT_EQ(all.size(), 1U) << id;
            ASSERT_EQ(all[0].outcome, Outcome::done) << id << ": " << all[0].message;
            // The same photo has the same score, whoever gave it and in whatever batch.
            const auto [first, fresh] =
                known.emplace(static_cast<std::size_t>(id) % photos_.size(), all[0].probability);
            ASSERT_EQ(first->second, all[0].probability);
        }
    }
    static constexpr std::chrono::minutes patience{10};

    const TemporaryFolder folder_;
    std::vector<std::string> photos_;
    GatewayOptions options_;
    Answers answers_;
    int jobs_ = 0;
    std::unique_ptr<Gateway> gateway_;
};

TEST_F(FaultsTest, AWorkerKilledInTheMiddle) {
    const auto a = worker("a"), b = worker("b");
    wait_for_workers(2);
    submit(jobs_wanted());
    ASSERT_TRUE(answers_.wait(jobs_wanted() / 3, patience));
    a->signal(SIGKILL);
    ASSERT_TRUE(answers_.wait(jobs_wanted(), patience));
    expect_every_photo_scored_once();
    EXPECT_GT(gateway_->state().jobs_given_again, 0U);
    wait_for_workers(1);
}

TEST_F(FaultsTest, AWorkerStoppedInTheMiddleAndWokenLater) {
    const auto a = worker("a"), b = worker("b");
    wait_for_workers(2);
    submit(jobs_wanted());
    ASSERT_TRUE(answers_.wait(jobs_wanted() / 3, patience));
    a->signal(SIGSTOP);
    ASSERT_TRUE(answers_.wait(jobs_wanted(), patience));
    EXPECT_GT(gateway_->state().jobs_given_again, 0U);
    wait_for_workers(1);
    a->signal(SIGCONT);  // it answers what nobody wants any more, learns that, and comes back
    wait_for_workers(2);
    submit(60);
    ASSERT_TRUE(answers_.wait(static_cast<std::size_t>(jobs_), patience));
    expect_every_photo_scored_once();
}

TEST_F(FaultsTest, TheCableOfAWorkerCutInTheMiddleAndJoinedLater) {
    const OtherMachine machine;
    if (!machine.is_there()) GTEST_SKIP() << "a network namespace needs root, and the command ip";
    options_.endpoint = "tcp://" + machine.address() + ":*";
    options_.insecure = true;
    start();
    const auto a = worker("a", machine.path()), b = worker("b");
    wait_for_workers(2);
    submit(jobs_wanted());
    ASSERT_TRUE(answers_.wait(jobs_wanted() / 3, patience));
    ASSERT_TRUE(machine.cut());
    ASSERT_TRUE(answers_.wait(jobs_wanted(), patience));
    EXPECT_GT(gateway_->state().jobs_given_again, 0U);
    wait_for_workers(1);
    ASSERT_TRUE(machine.join());
    wait_for_workers(2);
    submit(60);
    ASSERT_TRUE(answers_.wait(static_cast<std::size_t>(jobs_), patience));
    expect_every_photo_scored_once();
}

TEST_F(FaultsTest, TheGatewayRestartedInTheMiddle) {
    const auto a = worker("a"), b = worker("b");
    wait_for_workers(2);
    submit(100);
    ASSERT_TRUE(answers_.wait(20, patience));
    gateway_.reset();
    std::size_t done = 0;
    for (const auto& [id, all] : answers_.all()) {
        ASSERT_EQ(all.size(), 1U) << id;
        done += all[0].outcome == Outcome::done;
        ASSERT_TRUE(all[0].outcome == Outcome::done || all[0].outcome == Outcome::stopping) << all[0].message;
    }
    EXPECT_EQ(answers_.all().size(), 100U);
    EXPECT_GE(done, 20U);
    start();
    wait_for_workers(2);
    const int first = jobs_;
    submit(100);
    ASSERT_TRUE(answers_.wait(static_cast<std::size_t>(jobs_), patience));
    for (int id = first; id < jobs_; ++id) EXPECT_EQ(answers_.one(id).outcome, Outcome::done);
}

TEST_F(FaultsTest, TerminatedPolitelyAWorkerLosesNothing) {
    const auto a = worker("a"), b = worker("b");
    wait_for_workers(2);
    submit(100);
    ASSERT_TRUE(answers_.wait(20, patience));
    EXPECT_EQ(a->end(SIGTERM), 0);
    ASSERT_TRUE(answers_.wait(100, patience));
    expect_every_photo_scored_once();
    EXPECT_EQ(gateway_->state().jobs_given_again, 0U);
}

}  // namespace
}  // namespace emulsion::test
