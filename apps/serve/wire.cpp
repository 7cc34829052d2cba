// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/wire.h"

#include <arpa/inet.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <emulsion/error.h>
#include <algorithm>
#include <cerrno>
#include <random>
#include <string_view>
#include <system_error>
#include <utility>

#include "apps/serve/context.h"

namespace emulsion::serve {
namespace {

/// A signal may interrupt ZeroMQ anywhere, even where it does not wait.
template <class Call>
auto until_not_interrupted(const Call& call) {
    while (true) {
        try {
            return call();
        } catch (const zmq::error_t& error) {
            if (error.num() != EINTR) throw;
        }
    }
}

}  // namespace

std::shared_ptr<zmq::context_t> make_context() {
    return std::make_shared<zmq::context_t>();
}

bool is_local(const std::string& endpoint) {
    constexpr std::string_view tcp = "tcp://";
    if (endpoint.starts_with("inproc://") || endpoint.starts_with("ipc://")) return true;
    if (!endpoint.starts_with(tcp)) return false;
    const std::string host = endpoint.substr(tcp.size(), endpoint.rfind(':') - tcp.size());
    in_addr address{};
    const bool numeric = inet_pton(AF_INET, host.c_str(), &address) == 1;
    return host == "localhost" || host == "[::1]" || (numeric && ntohl(address.s_addr) >> 24U == 127);
}

// ---- waking

Wake::Wake() : descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (descriptor_ < 0)
        throw Error(Error::Kind::failure, "no event counter: " + std::generic_category().message(errno));
}

Wake::~Wake() {
    close(descriptor_);
}

void Wake::ring() noexcept {
    const std::uint64_t one = 1;
    // It can fail only when the counter is full, and then it rings already.
    [[maybe_unused]] const ssize_t ignored = write(descriptor_, &one, sizeof one);
}

void Wake::clear() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t ignored = read(descriptor_, &count, sizeof count);
}

// ---- messages

void poll(std::vector<zmq::pollitem_t>& items, std::chrono::steady_clock::time_point until) {
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    try {
        zmq::poll(items, std::max(left, milliseconds(0)));
    } catch (const zmq::error_t& error) {
        if (error.num() != EINTR) throw;
        for (zmq::pollitem_t& item : items) item.revents = 0;
    }
}

bool receive(zmq::socket_t& socket, std::size_t most, std::vector<zmq::message_t>& frames) {
    frames.clear();
    bool more = true;
    for (std::size_t count = 0; more; ++count) {
        zmq::message_t frame;
        const auto received =
            until_not_interrupted([&] { return socket.recv(frame, zmq::recv_flags::dontwait); });
        if (!received) return false;  // only before the first
        more = frame.more();
        if (count < most) frames.push_back(std::move(frame));
        if (count == most) frames.emplace_back();
    }
    return true;
}

std::vector<Frame> views(const std::vector<zmq::message_t>& frames) {
    std::vector<Frame> views;
    views.reserve(frames.size());
    for (const zmq::message_t& frame : frames)
        views.emplace_back(static_cast<const std::byte*>(frame.data()), frame.size());
    return views;
}

zmq::message_t shared_frame(std::shared_ptr<const std::vector<std::byte>> bytes) {
    using Owner = std::shared_ptr<const std::vector<std::byte>>;
    auto owner = std::make_unique<Owner>(std::move(bytes));
    // ZeroMQ only reads what it sends.
    void* const data = const_cast<std::byte*>((*owner)->data());
    zmq::message_t frame(
        data, (*owner)->size(), [](void*, void* hint) { delete static_cast<Owner*>(hint); }, owner.get());
    static_cast<void>(owner.release());  // the frame owns it now
    return frame;
}

zmq::message_t copied_frame(std::span<const std::byte> bytes) {
    return {bytes.data(), bytes.size()};
}

bool send(zmq::socket_t& socket, std::vector<zmq::message_t> frames) {
    try {
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const auto more = i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
            const auto sent = until_not_interrupted(
                [&] { return socket.send(frames[i], more | zmq::send_flags::dontwait); });
            if (!sent) return false;
        }
        return true;
    } catch (const zmq::error_t& error) {
        if (error.num() == EHOSTUNREACH) return false;
        throw;
    }
}

void prepare(zmq::socket_t& socket, const std::string& endpoint) {
    socket.set(zmq::sockopt::linger, 1000);
    // More than credits and heartbeats come to: who does not read gets no more.
    socket.set(zmq::sockopt::sndhwm, 2 * most_credits);
    socket.set(zmq::sockopt::tcp_keepalive, 1);
    // Who takes no bytes for so long, in milliseconds, is cut off, and what was on its way let go. ZeroMQ's
    // own heartbeats would not do: they wait in line behind the photo that is stuck.
    socket.set(zmq::sockopt::tcp_maxrt, 5000);
    if (endpoint.find('[') != endpoint.npos) socket.set(zmq::sockopt::ipv6, true);
}

std::uint64_t random_number() {
    std::random_device device;
    return std::uint64_t{device()} << 32U | device();
}

}  // namespace emulsion::serve
