// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/request_log.h"

#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <chrono>
#include <climits>
#include <ctime>

#include "apps/serve/http_types.h"

namespace emulsion::serve {
namespace {

// What others write comes to no more than this, of up to six characters each; the whole line stays below
// PIPE_BUF.
constexpr std::size_t longest_method = 32, longest_detail = 512;

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
        timestamp(), json_string(e.id), json_string(e.client),
        json_string(e.method.substr(0, longest_method)), json_string(e.endpoint), e.status, e.bytes_in,
        e.bytes_out, e.milliseconds,
        e.cause.empty() ? "" : fmt::format(",\"cause\":{}", json_string(e.cause)));
}

std::string log_event(std::string_view event, std::string_view detail) {
    return fmt::format("{{\"time\":\"{}\",\"event\":{},\"detail\":{}}}", timestamp(), json_string(event),
                       json_string(detail.substr(0, longest_detail)));
}

void LogWriter::write(const std::string& line) {
    const std::scoped_lock lock(mutex_);
    if (lost_ != 0 &&
        try_to_write(log_event("log", fmt::format("{} lines of the log were lost: nobody read them", lost_))))
        lost_ = 0;
    if (lost_ != 0 || !try_to_write(line)) ++lost_;
}

bool LogWriter::try_to_write(const std::string& line) const {
    pollfd item{descriptor_, POLLOUT, 0};
    if (poll(&item, 1, 0) != 1 || (item.revents & POLLOUT) == 0) return false;
    // There is room for PIPE_BUF bytes, and no more is written: a line is far shorter.
    std::string text = line.substr(0, PIPE_BUF - 1) + "\n";
    return ::write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace emulsion::serve
