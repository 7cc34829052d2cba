// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The log: a line of JSON a request. No photo, no name of a file, no token comes into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace emulsion::serve {

/// Where lines go, each without its line end.
using RequestLog = std::function<void(const std::string& line)>;

struct LogEntry {
    std::string id, client, method;
    std::string_view endpoint, cause;
    int status = 0;
    std::size_t bytes_in = 0, bytes_out = 0;  ///< of bodies
    double milliseconds = 0;  ///< from the first byte of the request until there was an answer
};

std::string log_line(const LogEntry&);
/// Something that concerns no single request: {"time", "event", "detail"}.
std::string log_event(std::string_view event, std::string_view detail);

/// Lines of several threads to a file or pipe, each in one write, so that they do not mix. It never waits for
/// who reads them: a line for which there is no room is lost, and the next one for which there is tells how
/// many were.
class LogWriter {
   public:
    explicit LogWriter(int descriptor) : descriptor_(descriptor) {}
    void write(const std::string& line);

   private:
    bool try_to_write(const std::string& line) const;

    const int descriptor_;
    std::mutex mutex_;
    std::uint64_t lost_ = 0;
};

}  // namespace emulsion::serve
