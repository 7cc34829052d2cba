// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Which accesses of a warp's lanes __syncwarp has put in order. Each lane has a clock, and knows of each
// other lane the time up to which it has heard of it (vector clocks).
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/emulator/thread.h"

namespace emulsion::kernels::emulated {

class WarpClocks {
   public:
    void start() {
        for (auto& of_lane : heard_) std::fill_n(of_lane, lanes, std::uint16_t{0});
        for (unsigned lane = 0; lane < lanes; ++lane) heard_[lane][lane] = 1;
    }
    std::uint16_t time(unsigned lane) const { return heard_[lane][lane]; }
    /// Whether what lane `of` did at `time` is over for `lane`.
    bool knows(unsigned lane, unsigned of, std::uint16_t time) const { return heard_[lane][of] >= time; }

    /// False: a clock has come round, and knows() is wrong from here on.
    bool meet(std::uint32_t mask) {
        bool right = true;
        std::uint16_t latest[lanes] = {};
        for (unsigned lane = 0; lane < lanes; ++lane)
            if ((mask >> lane & 1) != 0)
                for (unsigned of = 0; of < lanes; ++of) latest[of] = std::max(latest[of], heard_[lane][of]);
        for (unsigned lane = 0; lane < lanes; ++lane) {
            if ((mask >> lane & 1) == 0) continue;
            std::copy_n(latest, lanes, heard_[lane]);
            if (++heard_[lane][lane] == 0) right = false;
        }
        return right;
    }

   private:
    std::uint16_t heard_[lanes][lanes];
};

}  // namespace emulsion::kernels::emulated
