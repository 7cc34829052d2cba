// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Sockets as gateway and worker use them. For their .cpp files alone: it brings in ZeroMQ's header.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "apps/serve/protocol.h"

namespace emulsion::serve {

/// Lets other threads end a socket's poll: ZeroMQ's sockets belong to one thread each.
class Wake {
   public:
    Wake();
    ~Wake();
    Wake(const Wake&) = delete;
    Wake& operator=(const Wake&) = delete;

    void ring() noexcept;   ///< from any thread
    void clear() noexcept;  ///< before looking at what the others left
    zmq::pollitem_t item() const { return {nullptr, descriptor_, ZMQ_POLLIN, 0}; }

   private:
    int descriptor_;
};

/// Waits until a socket or wake can be used, or `until`. A signal may end it early.
void poll(std::vector<zmq::pollitem_t>&, std::chrono::steady_clock::time_point until);

/// The next message that waits, up to `most` frames of it: of a longer one the rest is read and dropped, and
/// one empty frame more tells of it. False if none waits.
bool receive(zmq::socket_t&, std::size_t most, std::vector<zmq::message_t>& frames);
std::vector<Frame> views(const std::vector<zmq::message_t>& frames);

/// A frame that lies where it is until it has been sent.
zmq::message_t shared_frame(std::shared_ptr<const std::vector<std::byte>>);
zmq::message_t copied_frame(std::span<const std::byte>);

/// Sends without waiting; false if that cannot be done now, or there is nobody (any more) to send it to.
bool send(zmq::socket_t&, std::vector<zmq::message_t> frames);

/// What both sides set: a bounded end, bounded queues, an end of what is stuck, keep-alive, IPv6 where the
/// endpoint is written so.
void prepare(zmq::socket_t&, const std::string& endpoint);

/// A number that nobody else comes up with.
std::uint64_t random_number();

}  // namespace emulsion::serve
