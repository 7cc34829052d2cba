// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ROC curves as a square SVG with scales, and their names, legible on light and dark ground.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace emulsion::apps {

struct RocCurve {
    std::string name;
    double area = 0;
    std::vector<std::pair<double, double>> points;  ///< false and true positive rate, from 0 to 1
};

std::string roc_svg(const std::vector<RocCurve>&);
/// Which curve is whose, as a list in HTML, where long names break into lines as SVG's do not.
std::string roc_key(const std::vector<RocCurve>&);

}  // namespace emulsion::apps
