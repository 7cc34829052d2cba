// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Judges compared: the paper's Table II with intervals, for people, for programs and as a page.
#pragma once

#include <string>

#include "apps/common_json.h"
#include "apps/evaluate/bootstrap.h"

namespace emulsion::apps {

struct Evaluated {
    Comparison comparison;
    BootstrapOptions options;
    BootstrapResult result;
};

std::string evaluation_text(const Evaluated&);
Json evaluation_json(const Evaluated&);
/// One HTML file that needs nothing else; it shows so many of the photos that each judge scored highest, and
/// as many of the lowest. Thumbnails are decoded by `threads` threads.
std::string evaluation_page(const Evaluated&, const std::string& title, int mosaic, int threads);

}  // namespace emulsion::apps
