// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What one client, or all of them together, may take of the server.
#pragma once

#include <chrono>
#include <cstddef>

namespace emulsion::serve {

struct Limits {
    std::size_t header_bytes = std::size_t{16} << 10;
    std::size_t body_bytes = std::size_t{16} << 20;
    std::size_t bodies_bytes = std::size_t{512} << 20;  ///< of all requests that are being read or answered
    std::size_t parts = 64;                             ///< of a form

    std::size_t connections = 256;
    std::size_t connections_a_client = 32;  ///< by address

    std::chrono::milliseconds header_time{10'000};    ///< from its first byte, or from the connection's start
    std::chrono::milliseconds body_time{60'000};      ///< for the whole of it,
    std::chrono::milliseconds body_window{5'000};     ///< and in each such while
    std::size_t body_window_bytes = 5 * 1024;         ///< at least so much must come
    std::chrono::milliseconds idle_time{30'000};      ///< between two requests of a connection
    std::chrono::milliseconds answer_time{30'000};    ///< until the client has read an answer
    std::chrono::milliseconds linger_time{2'000};     ///< for a client to hear why it was refused
    std::chrono::milliseconds deadline{30'000};       ///< of a request; X-Deadline-Ms may ask for less
    std::chrono::milliseconds deadline_grace{1'000};  ///< then the server answers, whatever the workers do

    double photos_a_minute = 600;  ///< of a client
};

}  // namespace emulsion::serve
