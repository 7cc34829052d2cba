// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A dispatcher without socket, thread or clock: time is an argument, and workers say what a test lets them.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "apps/serve/dispatcher.h"

namespace emulsion::test {

class DispatcherPlay : public testing::Test {
   protected:
    using Answer = serve::Answer;
    using Dispatcher = serve::Dispatcher;
    using Outcome = serve::Outcome;
    using Ready = serve::Ready;
    using Result = serve::Result;
    using Task = serve::Task;
    using milliseconds = std::chrono::milliseconds;

    void limit(const serve::DispatchOptions& options) { dispatcher_ = Dispatcher(options, log(), now_); }

    /// A job, known by its place among all.
    int submit(milliseconds left = std::chrono::seconds(60), Task task = Task::score,
               std::size_t bytes = 10) {
        const int id = jobs_++;
        serve::Job job{std::to_string(id), task, std::make_shared<std::vector<std::byte>>(bytes),
                       now_ + left};
        dispatcher_.submit(
            std::move(job), [this, id](const Answer& answer) { answers_[id].push_back(answer); }, now_);
        collect();
        return id;
    }
    void hear(const std::string& peer, const serve::FromWorker& message) {
        dispatcher_.receive(peer, {message, sessions_[peer], ""}, now_);
        collect();
    }
    void join(const std::string& peer, int credits = 4, char model = 'a') {
        sessions_[peer] = ++last_session_;
        hear(peer, Ready{peer, "cpu", credits, {"m", std::string(64, model), 96, 144}});
    }
    void join_as(const std::string& name, const std::string& peer) {
        sessions_[peer] = ++last_session_;
        hear(peer, Ready{name, "cpu", 4, {"m", std::string(64, 'a'), 96, 144}});
    }
    void fail(const std::string& peer, int id, const std::string& why) {
        Result result{.job = numbers_.at(id), .batch = 0, .answer = {}};
        result.answer.message = why;
        hear(peer, result);
    }
    void answer(const std::string& peer, int id, double probability = 0.5, int batch = 1) {
        Result result{.job = numbers_.at(id), .batch = batch, .answer = {}};
        result.answer.outcome = Outcome::done;
        result.answer.probability = probability;
        hear(peer, result);
    }
    void wait(milliseconds time) {
        now_ += time;
        dispatcher_.tick(now_);
        collect();
    }
    /// Time passes in which the peers are heard.
    void wait_hearing(milliseconds time, const std::vector<std::string>& peers) {
        for (; time > milliseconds(0); time -= milliseconds(500)) {
            for (const std::string& peer : peers) hear(peer, serve::Heartbeat{});
            wait(std::min(time, milliseconds(500)));
        }
    }
    /// The jobs that lie with a peer, in the order in which they went out.
    std::vector<int> given(const std::string& peer) const {
        const auto found = given_.find(peer);
        return found == given_.end() ? std::vector<int>() : found->second;
    }
    /// The one answer of a job, if it is one.
    Outcome outcome(int id) const {
        const auto found = answers_.find(id);
        EXPECT_TRUE(found != answers_.end()) << "job " << id << " has no answer";
        if (found == answers_.end()) return Outcome::failed;
        EXPECT_EQ(found->second.size(), 1U) << "job " << id;
        return found->second.front().outcome;
    }
    bool answered(int id) const { return answers_.contains(id); }
    template <class Message>
    int said(const std::string& peer) const {
        int count = 0;
        for (const auto& [to, message] : said_)
            count += to == peer && std::holds_alternative<Message>(message);
        return count;
    }
    /// Sends what is to be sent, and answers; what that brings up comes with the next.
    void collect() {
        for (const Dispatcher::Parcel& parcel : dispatcher_.take_parcels()) {
            if (cut_.contains(parcel.to)) {
                dispatcher_.unreachable(parcel.to, now_);
                continue;
            }
            dispatcher_.sent(parcel);
            if (const auto* const job = std::get_if<serve::GivenJob>(&parcel.message)) {
                const int id = std::stoi(job->request_id);
                EXPECT_NE(parcel.photo, nullptr);
                EXPECT_EQ(parcel.session, sessions_.at(parcel.to));
                numbers_[id] = job->number;
                given_[parcel.to].push_back(id);
            }
            said_.emplace_back(parcel.to, parcel.message);
        }
        for (Dispatcher::Finished& each : dispatcher_.take_finished()) each.done(std::move(each.answer));
    }
    Log log() {
        return [this](LogLevel, const std::string& line) { lines_ += line + "\n"; };
    }

    Dispatcher::Time now_{std::chrono::hours(1)};
    Dispatcher dispatcher_{serve::DispatchOptions(), log(), now_};
    int jobs_ = 0;
    std::uint64_t last_session_ = 0;
    std::map<int, std::vector<Answer>> answers_;
    std::map<int, std::uint64_t> numbers_;
    std::map<std::string, std::vector<int>> given_;
    std::map<std::string, std::uint64_t> sessions_;
    std::vector<std::pair<std::string, serve::FromGateway>> said_;
    std::string lines_;          ///< of the log
    std::set<std::string> cut_;  ///< peers to whom nothing can be sent, though nobody knows yet
};

}  // namespace emulsion::test
