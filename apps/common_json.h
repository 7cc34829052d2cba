// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// JSON for machines on the standard output. Apart from common.h, so that only the files that write JSON
// pay for its header.
#pragma once

#include <nlohmann/json.hpp>

#include "apps/common_text.h"

namespace emulsion::apps {

/// Keys stay in the order in which they were set.
using Json = nlohmann::ordered_json;

/// As one line of JSON. A path that is not UTF-8 gets replacement characters.
inline std::string json_line(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// As a document with two spaces of indent, on the standard output.
inline void print_json(const Json& json) {
    print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace emulsion::apps
