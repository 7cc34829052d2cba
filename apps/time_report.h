// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What `emulsion time` says of a run: for people, for machines, and as a picture.
#pragma once

#include <optional>
#include <string>

#include "apps/common_json.h"
#include "apps/measure.h"
#include "apps/roofline.h"
#include "apps/target.h"
#include "apps/timing.h"

namespace emulsion::apps {

struct TimeReport {
    std::string model, net, device;  ///< as typed; the net's own name; as typed
    int batch = 1, runs = 1;
    bool train = false, batch_invariant = false;
    Timing timing;
    std::optional<Roofline> roof;  ///< none: nothing is known of the device
    std::string data_sheet;        ///< the card whose figures the roof is; empty: it was measured in this run
    std::optional<Target> target;

    std::string mode() const { return train ? "training" : "inference"; }
};

std::string write_for_people(const TimeReport&);
Json write_for_machines(const TimeReport&);
/// Needs a roof.
RooflineChart chart_of(const TimeReport&);

}  // namespace emulsion::apps
