// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The web server: sockets, connections and their end. What is answered is the API's business.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "apps/serve/api.h"
#include "apps/serve/request_log.h"

namespace emulsion::serve {

/// One thread does all of it: it never waits for anything but the network, for photos are judged elsewhere.
class HttpServer {
   public:
    /// Listens at an address ("127.0.0.1", "::1", "0.0.0.0") and a port, 0: any that is free. Error(failure)
    /// in one line: the port is taken, or may not be had. The API must outlive it, and answers may come late:
    /// even those after its end are dropped in safety.
    HttpServer(Api&, const std::string& address, std::uint16_t port, RequestLog);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    std::uint16_t port() const;

    /// SIGINT and SIGTERM mean drain(`within`); a second of them ends the process at once.
    void drain_on_signals(std::chrono::milliseconds within);
    /// Serves, until drained.
    void run();
    /// From any thread: no more photos are taken, /readyz says so, what was taken is finished, and then
    /// all connections are closed and run() returns. After `within`, whoever still waits is told 503, and has
    /// half a second to hear it.
    void drain(std::chrono::milliseconds within);

   private:
    class Core;
    std::unique_ptr<Core> core_;
};

/// Whether an address is of this machine alone. Error(usage) if it is no address.
bool is_loopback(const std::string& address);

}  // namespace emulsion::serve
