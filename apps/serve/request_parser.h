// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// HTTP/1.1 requests from bytes, whoever brings them: Beast's parser, and beyond it the strictness that leaves
// no two readers a choice of where a request ends.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "apps/serve/http_types.h"

namespace emulsion::serve {

/// Reads one request.
class RequestParser {
   public:
    /// A head or a body that is longer is refused; the head's lines and those of chunks count as they come.
    RequestParser(std::size_t header_bytes, std::size_t body_bytes);
    ~RequestParser();

    struct Fed {
        std::size_t taken = 0;  ///< of the bytes; the rest must be brought again, with more behind it
        bool wants_more = false;
    };
    /// Goes on, at most to the end of the head in one call, and never past the end of the request. Refusal:
    /// 400, 413, 431 or 505; then nothing more can be read of this connection.
    Fed feed(std::string_view bytes);

    bool has_head() const;
    bool is_done() const;
    /// Once there is a head; what was read of it before, for the log.
    const RequestHead& head() const { return head_; }
    std::size_t body_bytes() const;   ///< so far
    std::size_t body_memory() const;  ///< that they take
    Bytes take_body();

   private:
    void read_head();

    struct Parser;
    std::unique_ptr<Parser> parser_;
    RequestHead head_;
};

}  // namespace emulsion::serve
