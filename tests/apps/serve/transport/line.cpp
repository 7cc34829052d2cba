// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/apps/serve/transport/line.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <vector>

namespace emulsion::test {
namespace {

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

/// Both sides of one connection; what comes on one goes out on the other.
struct Connection {
    int ends[2];
};

/// False once one side is gone.
bool pass_on(int from, int to) {
    char bytes[65536];
    const ssize_t count = recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count < 0) return true;  // nothing there
    for (ssize_t sent = 0; sent < count;) {
        const ssize_t more = send(to, bytes + sent, static_cast<std::size_t>(count - sent), MSG_NOSIGNAL);
        if (more < 0) return false;
        sent += more;
    }
    return count > 0;
}

}  // namespace

Line::Line(int to_port) : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, any, size) != 0 || listen(listener_, 16) != 0 ||
        getsockname(listener_, any, &size) != 0)
        throw std::runtime_error("no port for the line");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, to_port] { run(to_port); });
}

Line::~Line() {
    over_ = true;
    thread_.join();
    close(listener_);
}

void Line::run(int to_port) {
    std::vector<Connection> connections;
    const auto end = [](const Connection& each) {
        close(each.ends[0]);
        close(each.ends[1]);
    };
    while (!over_) {
        if (drop_.exchange(false)) {
            for (const Connection& each : connections) end(each);
            connections.clear();
        }
        std::vector<pollfd> items;
        if (!cut_) {
            items.push_back({listener_, POLLIN, 0});
            for (const Connection& each : connections)
                for (const int side : each.ends) items.push_back({side, POLLIN, 0});
        }
        poll(items.data(), items.size(), 10);
        if (cut_ || items.empty()) continue;
        if ((items[0].revents & POLLIN) != 0) {
            Connection fresh{
                {accept(listener_, nullptr, nullptr), socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}};
            const sockaddr_in there = loopback(to_port);
            if (connect(fresh.ends[1], reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0) {
                connections.push_back(fresh);
            } else {
                end(fresh);
            }
        }
        std::erase_if(connections, [&](const Connection& each) {
            if (pass_on(each.ends[0], each.ends[1]) && pass_on(each.ends[1], each.ends[0])) return false;
            end(each);
            return true;
        });
    }
    for (const Connection& each : connections) end(each);
}

int port_of(const std::string& endpoint) {
    return std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
}

}  // namespace emulsion::test
