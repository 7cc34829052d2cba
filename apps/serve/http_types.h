// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Requests and responses as the API sees them, whoever reads and writes them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace emulsion::serve {

/// The head of a request: its first line and its fields.
struct RequestHead {
    std::string method;  ///< "GET"
    std::string path;    ///< "/v1/score", without the query; "*" of OPTIONS
    std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
    bool keep_alive = false;

    /// A field's value by its name in lower case; of several the first.
    std::optional<std::string_view> field(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    bool has_body() const { return chunked || content_length.value_or(0) != 0; }
};

/// Both ends of a connection.
struct Peer {
    std::string address;        ///< "203.0.113.7", "2001:db8::1"
    std::string local_address;  ///< that the client connected to
    std::uint16_t local_port = 0;
    bool loopback = false;  ///< whether the client is on this machine
};

using Bytes = std::vector<std::byte>;

struct Request {
    RequestHead head;
    std::string id;      ///< of the log, and of the answer
    std::string client;  ///< its address, as seen by a trusted proxy
    std::shared_ptr<const Bytes> body;
    std::chrono::steady_clock::time_point deadline;
};

struct Response {
    int status = 200;
    std::string type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> fields;  ///< beside those that every response has
    std::string_view cause;                                   ///< of a refusal, for the metrics
    std::string_view cache = "no-store";
};

/// A request that is answered by a refusal: thrown where it is read, caught where it is answered.
struct Refusal : std::exception {
    Refusal(int status_code, std::string_view refusal_cause, std::string text)
        : status(status_code), cause(refusal_cause), message(std::move(text)) {}
    const char* what() const noexcept override { return message.c_str(); }

    int status;
    std::string_view cause;  ///< one word, for the metrics
    std::string message;     ///< one line, for people
    std::vector<std::pair<std::string, std::string>> fields;
};

/// {"error": ..., "request_id": ...}; a 503 or 429 that does not say when to come again says "in a second".
Response error_response(const Refusal&, const std::string& request_id);

/// Text as a JSON string, quotes included; what is not UTF-8 becomes U+FFFD.
std::string json_string(std::string_view text);

/// The bytes before the body: the status line, the response's own fields and those that guard the reader.
std::string head_of(const Response&, const std::string& request_id, bool keep_alive);

std::string_view reason_phrase(int status);

/// Whether both are the same but for the case of ASCII letters.
bool same_word(std::string_view a, std::string_view b);
std::string_view trimmed(std::string_view text);  ///< without blanks and tabs at both ends

}  // namespace emulsion::serve
