// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Where a reader of messages is: the messages around it, for limits and for the names of things it
// does not know.
#pragma once

#include <cstddef>
#include <string>

#include "engine/formats/message.h"

namespace emulsion::formats {

/// A message being read. Places stand on the reader's stack, each within the one above.
struct Place {
    Message& message;
    const FieldType* via = nullptr;  ///< the field that holds it; null for the file itself
    const Place* parent = nullptr;
    int depth = 0;

    Place within(const FieldType& field) const {
        return {message.add_message(field), &field, this, depth + 1};
    }

    /// "layer[3].convolution_param", and a dot if more is to follow; nothing for the file itself.
    std::string path() const {
        if (parent == nullptr) return "";
        std::string text = parent->path() + via->name;
        if (via->repeated) text += '[' + std::to_string(parent->message.count(via->name) - 1) + ']';
        return text + '.';
    }
};

/// Notes something unknown. A broken file may hold millions: the list ends with the news that there is
/// more, never in silence.
inline void note_unknown(Unknown& unknown, const Place& place, const std::string& field,
                         const std::string& where) {
    constexpr std::size_t most = 1000;
    if (unknown.size() < most)
        unknown.push_back(place.path() + field + ", " + where);
    else if (unknown.size() == most)
        unknown.push_back("and more unknown fields");
}

}  // namespace emulsion::formats
