// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A server with a backend that does what a test tells it.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "apps/serve/api.h"
#include "apps/serve/http_server.h"
#include "tests/apps/serve/http/client.h"

namespace emulsion::test {

/// Answers at once by a rule, or holds jobs until they are let go.
class FakeBackend final : public serve::Backend {
   public:
    FakeBackend();
    void submit(serve::Job, std::function<void(serve::Answer)> done) override;
    serve::BackendState state() const override;

    /// How a job is answered; at first: the probability is the photo's first byte / 256.
    std::function<serve::Answer(const serve::Job&)> rule;
    void hold();                      ///< from now on jobs wait
    void wait_for(std::size_t jobs);  ///< until so many do
    void let_go();                    ///< answers them, from this thread, and those to come at once
    void set_workers(std::size_t);
    std::vector<serve::Job> seen() const;
    void forget();  ///< what was seen

   private:
    mutable std::mutex mutex_;
    std::condition_variable came_;
    bool holding_ = false;
    std::size_t workers_ = 1;
    std::vector<serve::Job> seen_;
    std::vector<std::pair<serve::Job, std::function<void(serve::Answer)>>> held_;
};

/// Serves on a free port of 127.0.0.1 until it goes.
class TestServer {
   public:
    explicit TestServer(serve::ApiSettings settings = {});
    ~TestServer();

    std::uint16_t port() const { return server_->port(); }
    serve::HttpServer& server() { return *server_; }
    serve::Api& api() { return *api_; }
    std::vector<std::string> log() const;
    /// Waits for run() to come back.
    void join();
    /// The server goes, the backend stays.
    void destroy();

    /// On a connection of its own.
    HttpResponse ask(const std::string& method, const std::string& path, const std::string& fields = "",
                     const std::string& body = "") const;

    FakeBackend backend;

   private:
    mutable std::mutex log_mutex_;
    std::vector<std::string> log_;
    std::unique_ptr<serve::Api> api_;
    std::unique_ptr<serve::HttpServer> server_;
    std::thread thread_;
};

/// A form of parts, each "name", "filename" (or none if empty), "type", content.
struct FormPart {
    std::string field, filename, type, content;
};
std::string form_body(const std::vector<FormPart>&, const std::string& boundary = "XX");
inline const std::string form_type = "Content-Type: multipart/form-data; boundary=XX\r\n";
inline const std::string image_type = "Content-Type: image/jpeg\r\n";

}  // namespace emulsion::test
