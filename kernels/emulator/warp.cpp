// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/emulator/warp.h"

#include "kernels/emulator/describe.h"
#include "kernels/emulator/log.h"

namespace emulsion::kernels::emulated {

void exchange(Warp& warp, std::uint32_t mask) {
    std::uint64_t given[lanes];
    std::memcpy(given, warp.value, sizeof given);
    for (unsigned lane = 0; lane < warp.size; ++lane) {
        if ((mask >> lane & 1) == 0) continue;
        const unsigned source = warp.source[lane];
        if ((mask >> source & 1) == 0) {
            const Thread& thread = warp.threads[lane];
            std::string text = describe_thread(thread) + " at " + describe(thread.place) + " reads lane " +
                               std::to_string(source) + ", which takes no part";
            fault("shuffle", std::move(text));
        }
        warp.value[lane] = given[source];
    }
}

void vote(Warp& warp, std::uint32_t mask) {
    std::uint64_t votes = 0;
    for (unsigned lane = 0; lane < warp.size; ++lane)
        if ((mask >> lane & 1) != 0) votes |= warp.value[lane] << lane;
    for (unsigned lane = 0; lane < warp.size; ++lane)
        if ((mask >> lane & 1) != 0) warp.value[lane] = votes;
}

void meet(Warp& warp, std::uint32_t mask) {
    log_warp_barrier(warp, mask);
}

}  // namespace emulsion::kernels::emulated
