// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/http_types.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "engine/json.h"

namespace emulsion::serve {
namespace {

// A page may load nothing but what the server itself sends, may be framed by nobody, and tells nobody where
// its reader came from. Photos that the reader has chosen are shown from memory (blob:, data:).
constexpr std::string_view guards =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// As HTTP writes dates, in English whatever the locale.
std::string http_date() {
    constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", days[static_cast<std::size_t>(utc.tm_wday)],
                       utc.tm_mday, months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
                       utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace

std::optional<std::string_view> RequestHead::field(std::string_view name) const {
    const auto found =
        std::ranges::find(fields, name, [](const auto& f) { return std::string_view(f.first); });
    if (found == fields.end()) return std::nullopt;
    return found->second;
}

std::size_t RequestHead::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::ranges::count(fields, name, [](const auto& f) { return std::string_view(f.first); }));
}

Response error_response(const Refusal& refusal, const std::string& request_id) {
    Response response;
    response.status = refusal.status;
    response.cause = refusal.cause;
    response.fields = refusal.fields;
    const bool says_when =
        std::ranges::any_of(refusal.fields, [](const auto& f) { return f.first == "Retry-After"; });
    if ((refusal.status == 429 || refusal.status == 503) && !says_when)
        response.fields.emplace_back("Retry-After", "1");
    response.body = fmt::format("{{\"error\":{},\"request_id\":{}}}\n", json_string(refusal.message),
                                json_string(request_id));
    return response;
}

std::string json_string(std::string_view text) {
    return json::write(json::mended(text));
}

std::string head_of(const Response& response, const std::string& request_id, bool keep_alive) {
    std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\nCache-Control: {}\r\n", response.status,
                                   reason_phrase(response.status), http_date(), response.cache);
    head += guards;
    if (!request_id.empty()) head += "X-Request-Id: " + request_id + "\r\n";
    for (const auto& [name, value] : response.fields) head += name + ": " + value + "\r\n";
    // Neither of them has a body, nor says how long it would be.
    if (response.status != 204 && response.status != 304) {
        head +=
            fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", response.type, response.body.size());
    }
    head += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    return head;
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 204:
            return "No Content";
        case 304:
            return "Not Modified";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 411:
            return "Length Required";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Unknown";
    }
}

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace emulsion::serve
