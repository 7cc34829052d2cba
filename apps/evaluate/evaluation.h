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
/// One HTML file that needs nothing else.
std::string evaluation_page(const Evaluated&, const std::string& title);

}  // namespace emulsion::apps
