// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The histogram of a score as SVG, with its two tails in their colours.
#pragma once

#include <string>

#include "apps/dataset/ranking.h"

namespace emulsion::apps {

/// An <svg> 720 units wide that scales to its container and reads on light and dark ground. `x_label` is the
/// score's formula. Bars are split where a tail ends.
std::string histogram_svg(const Histogram& histogram, double bad_end, double good_end,
                          const std::string& x_label);

}  // namespace emulsion::apps
