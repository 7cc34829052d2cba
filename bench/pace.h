// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How often something is run before its time is believed, and what is said of the runs.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace emulsion::bench {

struct Pace {
    double seconds = 0.5;  ///< of runs, summed
    int least = 5, most = 50;
    double long_run = 2;  ///< seconds; a run that takes as long is long enough to stand alone

    /// Whether another run is wanted after runs of these milliseconds.
    bool another(const std::vector<double>& milliseconds) const;
};

/// What came of timing one thing: why there is no time, or the times.
struct Timing {
    std::string failed;                ///< one line; then there are no times
    std::vector<double> milliseconds;  ///< of each run

    double median() const;  ///< 0 if it failed
    double low() const;
    double high() const;
};

/// Runs at a pace.
std::vector<double> timed(const Pace&, const std::function<double()>& milliseconds_of_one_run);

}  // namespace emulsion::bench
