// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/routes.h"

#include <algorithm>
#include <array>
#include <vector>

#include "apps/serve/assets.h"
#include "apps/serve/http_types.h"

namespace emulsion::serve {
namespace {

constexpr std::array table = {
    Route{"/", "POST", Endpoint::form, true, true},
    Route{"/rate-photo", "PUT", Endpoint::rate_photo, true, true},
    Route{"/v1/score", "POST", Endpoint::score, true, true},
    Route{"/v1/explain", "POST", Endpoint::explain, true, true},
    Route{"/v1/model", "GET", Endpoint::model, false, true},
    Route{"/livez", "GET", Endpoint::livez, false, false},
    Route{"/readyz", "GET", Endpoint::readyz, false, false},
    Route{"/metrics", "GET", Endpoint::metrics, false, true},
};

// Of what there is at a path; "*" means the whole server.
std::vector<std::string_view> methods_at(std::string_view path) {
    std::vector<std::string_view> methods;
    for (const Route& route : table)
        if (route.path == path || path == "*") methods.push_back(route.method);
    if (find_asset(path) != nullptr) methods.emplace_back("GET");
    std::ranges::sort(methods);
    methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
    return methods;
}

}  // namespace

std::span<const Route> routes() {
    return table;
}

Route find_route(std::string_view method, std::string_view path) {
    const std::string_view wanted = method == "HEAD" ? "GET" : method;
    for (const Route& route : table)
        if (route.path == path && route.method == wanted) return route;
    if (const EmbeddedFile* file = find_asset(path); file != nullptr && wanted == "GET")
        return {"asset", "GET", Endpoint::asset, false, false};
    const std::string allowed = allowed_methods(path);
    if (allowed.empty()) throw Refusal(404, "path", "there is nothing here by that name");
    Refusal refusal(405, "method", "only " + allowed + " can be asked of this path");
    refusal.fields.emplace_back("Allow", allowed);
    throw refusal;
}

std::string allowed_methods(std::string_view path) {
    std::string allowed;
    for (const std::string_view method : methods_at(path)) {
        allowed += std::string(method) + ", ";
        if (method == "GET") allowed += "HEAD, ";
    }
    return allowed.empty() ? "" : allowed + "OPTIONS";
}

}  // namespace emulsion::serve
