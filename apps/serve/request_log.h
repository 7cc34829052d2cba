// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The log: a line of JSON a request. No photo, no name of a file, no token comes into it.
#pragma once

#include <cstddef>
#include <functional>
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

/// On stderr, each line in one write, so that those of several threads do not mix.
void log_to_stderr(const std::string& line);

}  // namespace emulsion::serve
