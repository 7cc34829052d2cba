// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the web server asks of those who hold the net, wherever they are: the line between HTTP and ZeroMQ.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace emulsion::serve {

/// What is asked of a photo.
enum class Task : std::uint8_t {
    score,      ///< how good it is
    occlusion,  ///< and which parts of it made it so
};

struct Job {
    std::string request_id;  ///< of the HTTP request; stands in the logs of both sides
    Task task = Task::score;
    std::shared_ptr<const std::vector<std::byte>> photo;  ///< the file as it was sent, never empty
    std::chrono::steady_clock::time_point deadline;       ///< nobody wants the answer after this
};

enum class Outcome : std::uint8_t {
    done,
    bad_photo,  ///< no photo, broken, or over a limit of pixels: the sender's mistake
    late,       ///< the deadline came first
    full,       ///< the queue is; to be tried again later
    no_worker,  ///< nobody is connected
    lost,       ///< the worker died over it, and so did the second
    stopping,   ///< the server is on its way out
    failed,     ///< the worker's mistake
};

struct Answer {
    Outcome outcome = Outcome::failed;
    std::string message;     ///< one line, for people; empty when done
    double probability = 0;  ///< of the net's last class, 0 to 1, as `emulsion score` has it to the bit
    /// Of an occlusion: how much the log-odds of the last class, log(p / (1 - p)), fall when this part is
    /// covered, rows x columns, row by row, of the photo as it is seen upright.
    int rows = 0, columns = 0;
    std::vector<float> falls;
    std::string worker;  ///< who answered
};

struct ModelFacts {
    std::string name;         ///< the file's, without its folder
    std::string fingerprint;  ///< 64 hexadecimal digits, of weights and preprocessing
    int height = 0, width = 0;
};

struct WorkerFacts {
    std::string name, device;  ///< the real device, such as "NVIDIA H100 80GB HBM3" or "cpu, 2 threads"
    int credits = 0;           ///< jobs that it holds at most
    int jobs = 0;              ///< that it holds now
};

struct BackendState {
    ModelFacts model;  ///< empty until the first worker came
    std::vector<WorkerFacts> workers;
    std::size_t queued_jobs = 0, queued_bytes = 0;
    std::vector<std::uint64_t> batches;  ///< [n]: batches of n photos so far
    std::uint64_t jobs_given_again = 0;  ///< for a worker died
};

class Backend {
   public:
    virtual ~Backend() = default;
    /// Takes a job. `done` is called once, whatever happens, from a thread of the backend's or from within
    /// this call; it must be quick and should not throw.
    virtual void submit(Job, std::function<void(Answer)> done) = 0;
    virtual BackendState state() const = 0;
};

}  // namespace emulsion::serve
