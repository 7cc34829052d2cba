// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/apps/serve/http/fixtures.h"

namespace emulsion::test {

using serve::Answer;
using serve::Job;
using serve::Outcome;

FakeBackend::FakeBackend() {
    rule = [](const Job& job) {
        Answer answer;
        answer.outcome = Outcome::done;
        answer.probability = std::to_integer<int>(job.photo->front()) / 256.0;
        if (job.task == serve::Task::occlusion) {
            answer.rows = 1;
            answer.columns = 2;
            answer.falls = {0.5F, -0.25F};
        }
        return answer;
    };
}

void FakeBackend::submit(Job job, std::function<void(Answer)> done) {
    {
        const std::scoped_lock lock(mutex_);
        seen_.push_back(job);
        if (holding_) {
            held_.emplace_back(std::move(job), std::move(done));
            came_.notify_all();
            return;
        }
    }
    done(rule(job));
}

serve::BackendState FakeBackend::state() const {
    const std::scoped_lock lock(mutex_);
    serve::BackendState state;
    if (workers_ != 0) state.model = {"fake.safetensors", std::string(64, 'a'), 96, 144};
    for (std::size_t i = 0; i < workers_; ++i) state.workers.push_back({"worker", "a \"device\"", 4, 1});
    state.queued_jobs = held_.size();
    state.batches = {0, 3, 0, 2};
    return state;
}

void FakeBackend::hold() {
    const std::scoped_lock lock(mutex_);
    holding_ = true;
}

void FakeBackend::wait_for(std::size_t jobs) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return held_.size() >= jobs; });
}

void FakeBackend::let_go() {
    std::vector<std::pair<Job, std::function<void(Answer)>>> held;
    {
        const std::scoped_lock lock(mutex_);
        holding_ = false;
        held.swap(held_);
    }
    for (auto& [job, done] : held) done(rule(job));
}

void FakeBackend::set_workers(std::size_t workers) {
    const std::scoped_lock lock(mutex_);
    workers_ = workers;
}

std::vector<Job> FakeBackend::seen() const {
    const std::scoped_lock lock(mutex_);
    return seen_;
}

void FakeBackend::forget() {
    const std::scoped_lock lock(mutex_);
    seen_.clear();
}

TestServer::TestServer(serve::ApiSettings settings)
    : api_(std::make_unique<serve::Api>(backend, std::make_shared<serve::ApiSettings>(std::move(settings)))),
      server_(std::make_unique<serve::HttpServer>(*api_, "127.0.0.1", std::uint16_t{0},
                                                  [this](const std::string& line) {
                                                      const std::scoped_lock lock(log_mutex_);
                                                      log_.push_back(line);
                                                  })) {
    thread_ = std::thread([this] { server_->run(); });
}

TestServer::~TestServer() {
    destroy();
}

void TestServer::join() {
    if (thread_.joinable()) thread_.join();
}

void TestServer::destroy() {
    if (server_) server_->drain(std::chrono::milliseconds(0));
    join();
    server_.reset();
    api_.reset();
}

std::vector<std::string> TestServer::log() const {
    const std::scoped_lock lock(log_mutex_);
    return log_;
}

HttpResponse TestServer::ask(const std::string& method, const std::string& path, const std::string& fields,
                             const std::string& body) const {
    Client client(port());
    return client.ask(request(port(), method, path, fields, body), method == "HEAD");
}

std::string form_body(const std::vector<FormPart>& parts, const std::string& boundary) {
    std::string body;
    for (const FormPart& part : parts) {
        body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + part.field + "\"";
        if (!part.filename.empty()) body += "; filename=\"" + part.filename + "\"";
        body += "\r\n";
        if (!part.type.empty()) body += "Content-Type: " + part.type + "\r\n";
        body += "\r\n" + part.content + "\r\n";
    }
    return body + "--" + boundary + "--\r\n";
}

}  // namespace emulsion::test
