// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Every race between jobs, workers and the clock, played through step by step.
#include "tests/apps/serve/transport/dispatcher_play.h"

#include <random>

namespace emulsion::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using DispatcherTest = test::DispatcherPlay;

TEST_F(DispatcherTest, GivesNoMoreThanCreditsAndInOrder) {
    join("a", 2);
    for (int i = 0; i < 5; ++i) submit();
    EXPECT_EQ(given("a"), (std::vector{0, 1}));
    answer("a", 1, 0.75);
    EXPECT_EQ(given("a"), (std::vector{0, 1, 2}));
    EXPECT_EQ(outcome(1), Outcome::done);
    EXPECT_EQ(answers_[1][0].probability, 0.75);
    EXPECT_EQ(answers_[1][0].worker, "a");
    const BackendState state = dispatcher_.state();
    EXPECT_EQ(state.queued_jobs, 2U);
    EXPECT_EQ(state.queued_bytes, 20U);
    EXPECT_EQ(state.workers.at(0).jobs, 2);
    EXPECT_EQ(state.workers.at(0).credits, 2);
    EXPECT_EQ(state.model.fingerprint, std::string(64, 'a'));
}

TEST_F(DispatcherTest, TheWorkerWithMostCreditsLeftIsNext) {
    join("a", 4);
    join("b", 2);
    for (int i = 0; i < 6; ++i) submit();
    EXPECT_EQ(given("a").size(), 4U);
    EXPECT_EQ(given("b").size(), 2U);
    EXPECT_EQ(given("a")[0], 0);
    EXPECT_EQ(given("a")[1], 1);
}

TEST_F(DispatcherTest, ScoresGoBeforeOcclusionsWhichTakeOnlyAShare) {
    join("a", 8);
    for (int i = 0; i < 6; ++i) submit(seconds(60), Task::occlusion);
    EXPECT_EQ(given("a"), (std::vector{0, 1}));
    submit();
    EXPECT_EQ(given("a"), (std::vector{0, 1, 6}));
    answer("a", 0);
    EXPECT_EQ(given("a"), (std::vector{0, 1, 6, 2}));
}

TEST_F(DispatcherTest, TheQueueIsBoundedByCountAndBytes) {
    DispatchOptions options;
    options.most_jobs = 3;
    options.most_bytes = 100;
    limit(options);
    join("a", 1);
    submit();  // it goes out, and counts all the same: its photo is kept
    submit();
    submit();
    EXPECT_EQ(outcome(submit()), Outcome::full);
    answer("a", 0);
    EXPECT_EQ(outcome(submit(seconds(60), Task::score, 81)), Outcome::full);
    const int fits = submit(seconds(60), Task::score, 80);
    EXPECT_FALSE(answered(fits));
    EXPECT_EQ(dispatcher_.state().queued_bytes, 90U);
}

TEST_F(DispatcherTest, DeadlinesAreKeptInTheQueueAndWithTheWorker) {
    join("a", 1);
    EXPECT_EQ(outcome(submit(milliseconds(0))), Outcome::late);
    const int with_worker = submit(milliseconds(300)), waiting = submit(milliseconds(200)), later = submit();
    EXPECT_EQ(dispatcher_.wake_up(now_), now_ + milliseconds(200));
    wait(milliseconds(200));
    EXPECT_EQ(outcome(waiting), Outcome::late);
    EXPECT_FALSE(answered(with_worker));
    EXPECT_EQ(dispatcher_.wake_up(now_), now_ + milliseconds(100));
    wait(milliseconds(100));
    EXPECT_EQ(outcome(with_worker), Outcome::late);
    // Its credit is taken until the worker has spoken; what it then says is nobody's.
    EXPECT_EQ(given("a"), std::vector{with_worker});
    answer("a", with_worker);
    EXPECT_EQ(outcome(with_worker), Outcome::late);
    EXPECT_EQ(given("a"), (std::vector{with_worker, later}));
}

TEST_F(DispatcherTest, ALateJobIsNotSentEvenIfNobodyLookedAtTheClock) {
    join("a", 1);
    const int first = submit();
    const int late = submit(milliseconds(100)), good = submit();
    now_ += milliseconds(150);
    answer("a", first);
    EXPECT_EQ(outcome(late), Outcome::late);
    EXPECT_EQ(given("a"), (std::vector{first, good}));
}

TEST_F(DispatcherTest, AnAnswerCountsOnceAndOnlyFromWhoHoldsTheJob) {
    join("a", 2);
    join("b", 1);
    const int job = submit();
    ASSERT_EQ(given("a"), std::vector{job});
    answer("b", job);
    EXPECT_FALSE(answered(job));
    answer("a", job, 0.25);
    answer("a", job, 0.75);
    EXPECT_EQ(outcome(job), Outcome::done);
    EXPECT_EQ(answers_[job][0].probability, 0.25);
    numbers_[77] = 123456;
    answer("a", 77);
    EXPECT_EQ(answers_.size(), 1U);
}

TEST_F(DispatcherTest, ADeadWorkersJobsGoFirstAndOnceToAnother) {
    join("a", 2);
    const int one = submit(), two = submit(), three = submit();
    wait_hearing(milliseconds(4000), {});
    EXPECT_EQ(dispatcher_.state().workers.size(), 1U);
    wait(milliseconds(1000));
    EXPECT_TRUE(dispatcher_.state().workers.empty());
    EXPECT_EQ(dispatcher_.state().jobs_given_again, 2U);
    join("b", 3);
    EXPECT_EQ(given("b"), (std::vector{one, two, three}));
    // From beyond the grave.
    answer("a", one);
    EXPECT_FALSE(answered(one));
    EXPECT_EQ(said<Again>("a"), 0);
    hear("a", Heartbeat{});
    EXPECT_EQ(said<Again>("a"), 1);

    dispatcher_.unreachable("b", now_);
    collect();
    EXPECT_EQ(outcome(one), Outcome::lost);
    EXPECT_EQ(outcome(two), Outcome::lost);
    EXPECT_FALSE(answered(three));
    join("c", 3);
    EXPECT_EQ(given("c"), std::vector{three});
    answer("c", three);
    EXPECT_EQ(outcome(three), Outcome::done);
    EXPECT_TRUE(dispatcher_.idle());
}

TEST_F(DispatcherTest, TwoThatDieTogetherLoseNothingOfEachOther) {
    join("a", 1);
    join("b", 1);
    submit();
    submit();
    wait_hearing(milliseconds(5000), {});
    EXPECT_TRUE(dispatcher_.state().workers.empty());
    EXPECT_TRUE(answers_.empty());
    join("c", 2);
    EXPECT_EQ(given("c"), (std::vector{0, 1}));
}

TEST_F(DispatcherTest, WhoHasNotBeenHeardForAWhileGetsNothingNew) {
    join("a", 8);
    join("b", 2);
    wait_hearing(milliseconds(3000), {"b"});
    const int job = submit();
    EXPECT_EQ(given("b"), std::vector{job});
    EXPECT_TRUE(given("a").empty());
}

TEST_F(DispatcherTest, ItsOwnPauseKillsNobody) {
    join("a");
    const int job = submit();
    wait(seconds(60));  // the process was stopped; deadlines were not
    EXPECT_EQ(outcome(job), Outcome::late);
    EXPECT_EQ(dispatcher_.state().workers.size(), 1U);
    wait_hearing(milliseconds(5000), {});
    EXPECT_TRUE(dispatcher_.state().workers.empty());
}

TEST_F(DispatcherTest, JobsWaitForAWorkerThroughTheGraceAndNotLonger) {
    const int early = submit();
    wait(milliseconds(4000));
    join("a", 1);
    EXPECT_EQ(given("a"), std::vector{early});
    answer("a", early);
    dispatcher_.unreachable("a", now_);
    const int waits = submit();
    wait(milliseconds(9999));
    EXPECT_FALSE(answered(waits));
    wait(milliseconds(1));
    EXPECT_EQ(outcome(waits), Outcome::no_worker);
    EXPECT_EQ(outcome(submit()), Outcome::no_worker);
    join("b", 1);
    const int served = submit();
    EXPECT_EQ(given("b"), std::vector{served});
}

TEST_F(DispatcherTest, AnotherModelIsRefused) {
    join("a", 1, 'a');
    join("b", 1, 'b');
    EXPECT_EQ(said<Refused>("b"), 1);
    EXPECT_EQ(dispatcher_.state().workers.size(), 1U);
    dispatcher_.unreachable("a", now_);
    join("b", 1, 'b');  // what is served stays the same until the gateway ends
    EXPECT_EQ(said<Refused>("b"), 2);
}

TEST_F(DispatcherTest, TheNumberOfWorkersIsBounded) {
    DispatchOptions options;
    options.most_workers = 2;
    limit(options);
    join("a");
    join("b");
    join("c");
    EXPECT_EQ(said<Refused>("c"), 1);
    EXPECT_EQ(dispatcher_.state().workers.size(), 2U);
}

TEST_F(DispatcherTest, NonsenseEndsAWorkerAndItsJobsGoOn) {
    join("a", 2);
    const int job = submit();
    join("b", 2);
    dispatcher_.receive("a", {std::nullopt, 0, "a wrong message"}, now_);
    collect();
    EXPECT_EQ(said<Refused>("a"), 1);
    EXPECT_EQ(given("b"), std::vector{job});
    dispatcher_.receive("stranger", {std::nullopt, 0, "a wrong message"}, now_);
    collect();
    EXPECT_EQ(said<Refused>("stranger"), 1);
    EXPECT_EQ(dispatcher_.state().workers.size(), 1U);
}

TEST_F(DispatcherTest, ANewSessionOfTheSameWorkerGetsTheJobsOfTheOldAgain) {
    join("a", 2);
    const int job = submit();
    const std::uint64_t old = sessions_["a"];
    join("a", 2);
    EXPECT_EQ(given("a"), (std::vector{job, job}));
    EXPECT_EQ(dispatcher_.state().workers.size(), 1U);
    Result result{.job = numbers_[job], .batch = 1, .answer = {}};
    result.answer.outcome = Outcome::done;
    dispatcher_.receive("a", {FromWorker(result), old, ""}, now_);
    collect();
    EXPECT_FALSE(answered(job));
    answer("a", job);
    EXPECT_EQ(outcome(job), Outcome::done);
    // The same Ready twice is one.
    const int next = submit();
    hear("a", Ready{"a", "cpu", 2, {"m", std::string(64, 'a'), 96, 144}});
    EXPECT_EQ(given("a"), (std::vector{job, job, next}));
    answer("a", next);
    EXPECT_EQ(outcome(next), Outcome::done);
}

TEST_F(DispatcherTest, WhoTakesLeaveAnswersWhatItHoldsAndGetsNoMore) {
    join("a", 2);
    const int job = submit();
    hear("a", Bye{false});
    EXPECT_EQ(said<Stop>("a"), 1);
    const int next = submit();
    EXPECT_EQ(given("a"), std::vector{job});
    answer("a", job);
    EXPECT_EQ(outcome(job), Outcome::done);
    EXPECT_TRUE(dispatcher_.state().workers.empty());
    join("b", 2);
    EXPECT_EQ(given("b"), std::vector{next});
    hear("b", Bye{true});  // and who gives up has them given to others
    join("c", 2);
    EXPECT_EQ(given("c"), std::vector{next});
}

TEST_F(DispatcherTest, HeartbeatsGoOutEverySecond) {
    join("a");
    EXPECT_EQ(said<Heartbeat>("a"), 1);  // the welcome
    wait_hearing(milliseconds(3000), {"a"});
    EXPECT_EQ(said<Heartbeat>("a"), 4);
}

TEST_F(DispatcherTest, StoppingTakesNothingNewAndFinishesTheRest) {
    join("a", 1);
    const int held = submit(), waiting = submit();
    dispatcher_.stop_taking();
    EXPECT_EQ(outcome(submit()), Outcome::stopping);
    answer("a", held);
    EXPECT_EQ(outcome(held), Outcome::done);
    EXPECT_EQ(given("a"), (std::vector{held, waiting}));
    EXPECT_FALSE(dispatcher_.idle());
    const int never = waiting;
    dispatcher_.give_up();
    collect();
    EXPECT_EQ(outcome(never), Outcome::stopping);
    EXPECT_EQ(said<Stop>("a"), 1);
    EXPECT_TRUE(dispatcher_.idle());
    answer("a", never);
    EXPECT_EQ(outcome(never), Outcome::stopping);
}

TEST_F(DispatcherTest, BatchesAreCounted) {
    join("a", 8);
    for (int i = 0; i < 7; ++i) submit();
    for (int i = 0; i < 4; ++i) answer("a", i, 0.5, 4);
    answer("a", 4, 0.5, 2);
    answer("a", 5, 0.5, 2);
    answer("a", 6, 0.5, 1);
    EXPECT_EQ(dispatcher_.state().batches, (std::vector<std::uint64_t>{0, 1, 1, 0, 1}));
}

// Whatever happens in whatever order, every job is answered once, and nothing is left behind.
TEST_F(DispatcherTest, ChaosAnswersEveryJobExactlyOnce) {
    std::mt19937 random(11);
    const auto below = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most)); };
    const std::vector<std::string> peers = {"a", "b", "c", "d"};
    DispatchOptions options;
    options.most_jobs = 30;
    limit(options);
    for (int step = 0; step < 30'000; ++step) {
        const std::string& peer = peers[static_cast<std::size_t>(below(4))];
        switch (below(12)) {
            case 0:
            case 1:
            case 2:
            case 3:
                submit(milliseconds(below(4000)), below(5) == 0 ? Task::occlusion : Task::score);
                break;
            case 4:
            case 5:
            case 6: {
                const std::vector<int> held = given(peer);
                if (!held.empty() && sessions_.contains(peer))
                    answer(peer, held[held.size() - 1 -
                                      static_cast<std::size_t>(
                                          below(std::min<int>(6, static_cast<int>(held.size()))))]);
                break;
            }
            case 7:
                if (below(8) == 0) join(peer, 1 + below(5));
                break;
            case 8:
                if (below(10) == 0) dispatcher_.unreachable(peer, now_);
                break;
            case 9:
                if (below(10) == 0 && sessions_.contains(peer)) hear(peer, Bye{below(2) == 0});
                break;
            case 10:
                if (sessions_.contains(peer)) hear(peer, Heartbeat{});
                break;
            default:
                wait(milliseconds(below(400)));
        }
        collect();
    }
    dispatcher_.give_up();
    collect();
    EXPECT_TRUE(dispatcher_.idle());
    std::map<Outcome, int> outcomes;
    for (int id = 0; id < jobs_; ++id) ++outcomes[outcome(id)];
    for (const Outcome each : {Outcome::done, Outcome::late, Outcome::full, Outcome::lost})
        EXPECT_GT(outcomes[each], 0) << static_cast<int>(each);
    EXPECT_GT(dispatcher_.state().jobs_given_again, 0U);
}

}  // namespace
}  // namespace emulsion::serve
