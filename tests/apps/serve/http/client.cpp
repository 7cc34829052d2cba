// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/apps/serve/http/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace emulsion::test {
namespace {

// Long after any time that a test sets, so that only a server that hangs meets it.
constexpr int patience_ms = 60'000;

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

sockaddr_in ipv4(const std::string& address, std::uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    inet_pton(AF_INET, address.c_str(), &result.sin_addr);
    return result;
}

}  // namespace

std::string HttpResponse::field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
}

Client::Client(std::uint16_t port, const std::string& address) : port_(port) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in from = ipv4(address, 0), to = ipv4("127.0.0.1", port);
    if (socket_ < 0 || bind(socket_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0 ||
        connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
        throw std::runtime_error("the server cannot be reached");
}

Client::~Client() {
    close();
}

bool Client::send(const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
        const ssize_t n = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) return false;
        sent += static_cast<std::size_t>(n);
    }
    return true;
}

void Client::read_slowly() {
    const int bytes = 1024;
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

void Client::half_close() {
    shutdown(socket_, SHUT_WR);
}

void Client::close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
}

bool Client::receive() {
    pollfd waiting{socket_, POLLIN, 0};
    if (poll(&waiting, 1, patience_ms) <= 0) return false;
    char buffer[65536];
    const ssize_t n = recv(socket_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(n));
    return true;
}

HttpResponse Client::read(bool of_head) {
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos)
        if (!receive()) return {};
    HttpResponse response;
    response.status = std::stoi(received_.substr(9, 3));
    for (std::size_t at = received_.find("\r\n") + 2; at < end + 2;) {
        const std::size_t line_end = received_.find("\r\n", at), colon = received_.find(':', at);
        response.fields[lower(received_.substr(at, colon - at))] =
            received_.substr(colon + 2, line_end - colon - 2);
        at = line_end + 2;
    }
    received_.erase(0, end + 4);
    const std::string length = response.field("content-length");
    const std::size_t bytes = of_head || length.empty() ? 0 : std::stoul(length);
    while (received_.size() < bytes)
        if (!receive()) return {};
    response.body = received_.substr(0, bytes);
    received_.erase(0, bytes);
    return response;
}

bool Client::is_closed() {
    pollfd waiting{socket_, POLLIN, 0};
    char buffer[65536];
    while (poll(&waiting, 1, patience_ms) > 0)
        if (recv(socket_, buffer, sizeof buffer, 0) <= 0) return true;
    return false;
}

HttpResponse Client::ask(const std::string& bytes, bool of_head) {
    send(bytes);  // a server that refuses early may close before all is sent, and still be heard
    return read(of_head);
}

std::string request(std::uint16_t port, const std::string& method, const std::string& path,
                    const std::string& fields, const std::string& body) {
    std::string text = method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n";
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return text + fields + "\r\n" + body;
}

}  // namespace emulsion::test
