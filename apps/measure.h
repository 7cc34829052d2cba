// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What this machine can do at best: the roofline beside which `time` sets every step.
#pragma once

#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace emulsion::apps {

struct Roofline {
    double flop_per_second = 0;   ///< multiply-adds in registers, all threads, two operations each
    double bytes_per_second = 0;  ///< the faster of reading, and of reading and writing, parts of a buffer
                                  ///< larger than the last cache; all threads
    int threads = 1;
    std::string vector;  ///< the vector extension used

    /// The least seconds in which work of this cost can be done: the slower of its arithmetic and its
    /// memory traffic.
    double floor_seconds(const kernels::Cost&) const;
};

/// Measures arithmetic, reading and updating for a third of a second each; of each the fastest round, of
/// about a millisecond, counts. Takes eight times the last-level cache, from 256 MiB to 1 GiB. What
/// other tenants of the same memory take for longer than that is missing from the answer.
Roofline measure_roofline(int threads, kernels::Precision);
/// The higher peaks of two measurements of one machine: a step cannot be faster than what it had at its best.
Roofline better_of(const Roofline&, const Roofline&);

/// The middle value; of an even number, the mean of the middle two. 0 for none.
double median(std::vector<double> values);

}  // namespace emulsion::apps
