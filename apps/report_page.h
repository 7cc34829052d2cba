// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A report as one HTML file that needs nothing else: style and charts inline, photos as data: URIs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/report_data.h"

namespace emulsion::apps {

struct Report {
    std::string title;
    std::vector<FinishedRun> runs;  ///< at least one
    std::optional<DemoSet> set;     ///< if the photos are of one, whose labels are synthetic
    int mosaic = 24;                ///< photos in each
};

/// Reads the photos that it shows. Error(data) if one is gone.
std::string html(const Report&);

}  // namespace emulsion::apps
