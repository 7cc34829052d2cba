// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/request_parser.h"

#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace emulsion::serve {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

/// A body in Beast's sense: bytes that grow as they come.
struct ByteBody {
    using value_type = Bytes;

    class reader {
       public:
        template <bool request, class Fields>
        reader(http::header<request, Fields>&, value_type& bytes) : bytes_(bytes) {}

        void init(const boost::optional<std::uint64_t>& length, beast::error_code& ec) {
            promised_ = length ? static_cast<std::size_t>(*length) : std::numeric_limits<std::size_t>::max();
            ec = {};
        }

        template <class Buffers>
        std::size_t put(const Buffers& buffers, beast::error_code& ec) {
            ec = {};
            const std::size_t before = bytes_.size(), after = before + boost::asio::buffer_size(buffers);
            // Memory follows what has come, not what was promised, for a promise costs the client nothing.
            if (after > bytes_.capacity()) bytes_.reserve(std::max(after, std::min(2 * after, promised_)));
            for (auto at = boost::asio::buffer_sequence_begin(buffers);
                 at != boost::asio::buffer_sequence_end(buffers); ++at) {
                const boost::asio::const_buffer piece = *at;
                const auto* data = static_cast<const std::byte*>(piece.data());
                bytes_.insert(bytes_.end(), data, data + piece.size());
            }
            return bytes_.size() - before;
        }

        void finish(beast::error_code& ec) { ec = {}; }

       private:
        value_type& bytes_;
        std::size_t promised_ = 0;
    };
};

std::string lower_case(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

Refusal refusal_of(const beast::error_code& ec) {
    if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
        return {431, "header", "the head of the request is too long"};
    if (ec == http::error::body_limit) return {413, "length", "the body is too long"};
    if (ec == http::error::bad_version) return {505, "malformed", "HTTP/1.1 is spoken here"};
    return {400, "malformed", "this is no sound HTTP request: " + ec.message()};
}

// Fields that steer framing or access: given twice, a proxy and this server could heed different ones.
constexpr std::array single_fields = {"host",         "content-length", "transfer-encoding", "content-type",
                                      "origin",       "authorization",  "content-encoding",  "expect",
                                      "x-request-id", "x-deadline-ms"};

void check_framing(const RequestHead& head, unsigned version) {
    for (const char* name : single_fields)
        if (head.count(name) > 1)
            throw Refusal(400, "malformed", std::string("the field ") + name + " stands twice");
    if (const auto length = head.field("content-length");
        length && length->find_first_not_of("0123456789") != std::string_view::npos)
        throw Refusal(400, "malformed", "Content-Length is no plain number");
    if (const auto encoding = head.field("transfer-encoding")) {
        if (!same_word(*encoding, "chunked") || version < 11)
            throw Refusal(400, "malformed", "Transfer-Encoding can only be chunked here");
    }
    if (!head.path.starts_with('/') && !(head.path == "*" && head.method == "OPTIONS"))
        throw Refusal(400, "malformed", "the request's target is no path");
}

}  // namespace

struct RequestParser::Parser {
    http::request_parser<ByteBody> http;
};

RequestParser::RequestParser(std::size_t header_bytes, std::size_t body_bytes)
    : parser_(std::make_unique<Parser>()) {
    parser_->http.header_limit(static_cast<std::uint32_t>(header_bytes));
    parser_->http.body_limit(body_bytes);
}

RequestParser::~RequestParser() = default;

RequestParser::Fed RequestParser::feed(std::string_view bytes) {
    beast::error_code ec;
    const bool had_head = has_head();
    Fed fed;
    fed.taken = parser_->http.put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
    fed.wants_more = ec == http::error::need_more;
    if (has_head() && !had_head) read_head();
    if (ec == http::error::body_limit && !had_head) read_head();  // for the log
    if (ec && !fed.wants_more) throw refusal_of(ec);
    if (has_head() && !had_head) check_framing(head_, parser_->http.get().version());
    return fed;
}

bool RequestParser::has_head() const {
    return parser_->http.is_header_done();
}

bool RequestParser::is_done() const {
    return parser_->http.is_done();
}

std::size_t RequestParser::body_bytes() const {
    return parser_->http.get().body().size();
}

std::size_t RequestParser::body_memory() const {
    return parser_->http.get().body().capacity();
}

Bytes RequestParser::take_body() {
    return std::move(parser_->http.get().body());
}

void RequestParser::read_head() {
    const auto& message = parser_->http.get();
    head_ = {};
    head_.method = std::string(message.method_string());
    const std::string_view target(message.target().data(), message.target().size());
    head_.path = std::string(target.substr(0, target.find('?')));
    for (const auto& field : message) {
        const std::string_view name(field.name_string().data(), field.name_string().size());
        head_.fields.emplace_back(lower_case(name), std::string(field.value().data(), field.value().size()));
    }
    if (!has_head()) return;  // a body that is too long: what follows is never read
    if (head_.count("content-length") == 1 && parser_->http.content_length())
        head_.content_length = *parser_->http.content_length();
    head_.chunked = parser_->http.chunked();
    head_.keep_alive = parser_->http.keep_alive();
}

}  // namespace emulsion::serve
