// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// multipart/form-data (RFC 7578) as browsers and curl write it, and nothing looser.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emulsion::serve {

struct Part {
    std::string field;                    ///< the form's name for it
    std::optional<std::string> filename;  ///< as the sender's machine has it: text, never a path to open
    std::string type;                     ///< Content-Type, empty if none is given
    std::string_view content;             ///< within the body
};

/// The boundary of a Content-Type "multipart/form-data; boundary=..."; none if it is anything else.
std::optional<std::string> form_boundary(std::string_view content_type);

/// The parts of a body, in its order. Refusal: 400 where it is not a form with this boundary from its first
/// byte to its last, 413 beyond `most_parts`.
std::vector<Part> parse_form(std::string_view body, const std::string& boundary, std::size_t most_parts);

}  // namespace emulsion::serve
