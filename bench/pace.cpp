// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "bench/pace.h"

#include <algorithm>
#include <numeric>

#include "apps/measure.h"

namespace emulsion::bench {

bool Pace::another(const std::vector<double>& milliseconds) const {
    if (milliseconds.empty()) return true;
    if (milliseconds.back() >= long_run * 1e3) return false;
    const int runs = static_cast<int>(milliseconds.size());
    const double sum = std::accumulate(milliseconds.begin(), milliseconds.end(), 0.0);
    return runs < least || (runs < most && sum < seconds * 1e3);
}

double Timing::median() const {
    return apps::median(milliseconds);
}
double Timing::low() const {
    return milliseconds.empty() ? 0 : *std::min_element(milliseconds.begin(), milliseconds.end());
}
double Timing::high() const {
    return milliseconds.empty() ? 0 : *std::max_element(milliseconds.begin(), milliseconds.end());
}

std::vector<double> timed(const Pace& pace, const std::function<double()>& milliseconds_of_one_run) {
    std::vector<double> all;
    while (pace.another(all)) all.push_back(milliseconds_of_one_run());
    return all;
}

}  // namespace emulsion::bench
