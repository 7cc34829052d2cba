// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A client that sends whatever bytes a test wants: sockets only, nothing of the server's own reading.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace emulsion::test {

struct HttpResponse {
    int status = 0;                             ///< 0: the connection ended, or nothing came in time
    std::map<std::string, std::string> fields;  ///< names in lower case
    std::string body;

    /// A field, empty if it is not there.
    std::string field(const std::string& name) const;
};

class Client {
   public:
    /// Connects to this machine; `address` chooses which of 127.0.0.0/8 the client is.
    explicit Client(std::uint16_t port, const std::string& address = "127.0.0.1");
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Sends all of it; false if the server has closed.
    bool send(const std::string& bytes);
    /// A receive buffer so small that the server feels it when this client does not read.
    void read_slowly();
    void half_close();  ///< no more will be sent
    void close();

    /// The next response, read by its Content-Length. `of_head`: it has no body whatever it says.
    HttpResponse read(bool of_head = false);
    /// Whether the server closes; what comes before is dropped.
    bool is_closed();
    /// send() and read().
    HttpResponse ask(const std::string& bytes, bool of_head = false);

    std::uint16_t port() const { return port_; }

   private:
    bool receive();

    std::uint16_t port_;
    int socket_ = -1;
    std::string received_;
};

/// A request with Host, Content-Length where there is a body, and `fields`, whole lines with their ends.
std::string request(std::uint16_t port, const std::string& method, const std::string& path,
                    const std::string& fields = "", const std::string& body = "");

}  // namespace emulsion::test
