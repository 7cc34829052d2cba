// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a gateway and its workers say to each other. A message is one frame; a job has its photo in a second.
//
//   worker                          gateway
//     | -- Ready ------------------->  |   who I am, which model, how many jobs at once
//     | <------------------ Heartbeat  |   welcome
//     | <------- GivenJob, photo ----  |   as many as it has credits
//     | -- Result ------------------>  |   and a credit is free again
//     | -- Heartbeat / Heartbeat --->  |   both, every second
//     | <---------------------- Again  |   who are you? say Ready; to a Heartbeat of a stranger
//     | <-------------------- Refused  |   and why; do not come back like this
//     | -- Bye --------------------->  |   no more jobs, please
//     | <----------------------- Stop  |   none will come; unasked: I am going
//
// Every Ready opens a session with a number of the worker's choosing, at random, which all that belongs to it
// carries: what a cut connection, a worker's stop or a gateway's restart left over is known by its number.
//
// A frame begins with 'E', the version, the kind and a zero, 8 bytes of session; numbers are little-endian,
// text is 2 bytes of length and UTF-8. Refused has the same form in every version.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "apps/serve/backend.h"

namespace emulsion::serve {

inline constexpr std::uint8_t protocol_version = 2;
inline constexpr int most_credits = 4096;
inline constexpr int most_grid = 64;                    ///< rows or columns of an occlusion
inline constexpr float most_fall = 175;                 ///< of log-odds, up or down (occlusion.h)
inline constexpr std::size_t most_frame_bytes = 32768;  ///< of all but a photo: more is no message of ours

struct Ready {
    std::string name, device;
    int credits = 0;  ///< 1 to most_credits
    ModelFacts model;
};
struct Result {
    std::uint64_t job = 0;
    int batch = 0;  ///< photos that went through the net together; 0: it did not come to that
    Answer answer;  ///< done, bad_photo, late or failed; `worker` is not sent
};
struct Heartbeat {};
struct Bye {
    bool gives_back = false;  ///< the jobs that it holds; else it will answer them
};
using FromWorker = std::variant<Ready, Result, Heartbeat, Bye>;

struct GivenJob {
    std::uint64_t number = 0;
    std::string request_id;
    Task task = Task::score;
    std::chrono::milliseconds left{0};  ///< until its deadline, when it was sent
};
struct Again {};
struct Refused {
    std::string why;
};
struct Stop {};
using FromGateway = std::variant<GivenJob, Heartbeat, Again, Refused, Stop>;

/// The first frame of a message. Text beyond its limit is cut off.
std::vector<std::byte> write_message(std::uint64_t session, const FromWorker&);
std::vector<std::byte> write_message(std::uint64_t session, const FromGateway&);

/// A message as it was read, or why it is none.
template <class Message>
struct Read {
    std::optional<Message> message;
    std::uint64_t session = 0;
    std::string why;  ///< in one line; empty if there is a message
};

using Frame = std::span<const std::byte>;
/// Whatever the frames hold: never throws (but std::bad_alloc), never takes more memory than a few times
/// their size. All numbers and texts of a message are within their limits.
Read<FromWorker> read_from_worker(std::span<const Frame>);
Read<FromGateway> read_from_gateway(std::span<const Frame>);

}  // namespace emulsion::serve
