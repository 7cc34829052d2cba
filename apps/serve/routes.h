// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The table of what can be asked, by method and path. Paths are compared as they are: nothing is decoded,
// nothing is looked up on a disk.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace emulsion::serve {

enum class Endpoint : std::uint8_t { asset, form, rate_photo, score, explain, model, livez, readyz, metrics };

struct Route {
    std::string_view path, method;
    Endpoint endpoint;
    bool takes_photos = false;
    bool wants_token =
        true;  ///< where the server has tokens; the page itself is open, to be able to ask for one
};

/// All but the files of the page.
std::span<const Route> routes();

/// The route of a request; HEAD is GET's. Refusal: 404, or 405 with Allow.
Route find_route(std::string_view method, std::string_view path);

/// "GET, HEAD, OPTIONS" for a path, or for "*"; empty if there is nothing.
std::string allowed_methods(std::string_view path);

}  // namespace emulsion::serve
