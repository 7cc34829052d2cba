// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/request_log.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <chrono>
#include <ctime>

#include "apps/serve/http_types.h"

namespace emulsion::serve {
namespace {

// UTC to the millisecond, "2026-11-26T12:30:49.123Z".
std::string timestamp() {
    using std::chrono::milliseconds;
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    const auto all = std::chrono::duration_cast<milliseconds>(since).count();
    const auto seconds = static_cast<std::time_t>(all / 1000);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                       utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, all % 1000);
}

}  // namespace

std::string log_line(const LogEntry& e) {
    return fmt::format(
        "{{\"time\":\"{}\",\"request_id\":{},\"client\":{},\"method\":{},\"endpoint\":{},\"status\":{},"
        "\"bytes_in\":{},\"bytes_out\":{},\"ms\":{:.3f}{}}}",
        timestamp(), json_string(e.id), json_string(e.client), json_string(e.method), json_string(e.endpoint),
        e.status, e.bytes_in, e.bytes_out, e.milliseconds,
        e.cause.empty() ? "" : fmt::format(",\"cause\":{}", json_string(e.cause)));
}

std::string log_event(std::string_view event, std::string_view detail) {
    return fmt::format("{{\"time\":\"{}\",\"event\":{},\"detail\":{}}}", timestamp(), json_string(event),
                       json_string(detail));
}

void log_to_stderr(const std::string& line) {
    const std::string text = line + "\n";
    // A log that cannot be written is no reason to stop answering.
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace emulsion::serve
