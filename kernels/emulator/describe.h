// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The words of messages.
#pragma once

#include <string>

#include "kernels/emulator/thread.h"

namespace emulsion::kernels::emulated {

inline std::string describe(const uint3& index) {
    return "(" + std::to_string(index.x) + "," + std::to_string(index.y) + "," + std::to_string(index.z) +
           ")";
}
/// The coordinates of the thread or block of that number, x fastest.
inline uint3 unravel(std::uint64_t number, dim3 extent) {
    const auto rows = number / extent.x;
    return {static_cast<unsigned>(number % extent.x), static_cast<unsigned>(rows % extent.y),
            static_cast<unsigned>(rows / extent.y)};
}
inline std::string describe(const Place& place) {
    return std::string(place.file) + ":" + std::to_string(place.line);
}
inline std::string describe_thread(const Thread& thread) {
    return "thread " + describe(thread.index);
}
inline std::string describe_waiting(const Thread& thread) {
    return describe_thread(thread) + " waits at " + describe(thread.place);
}
/// The one that runs.
inline std::string describe_block() {
    return "block " + describe(view.index);
}

}  // namespace emulsion::kernels::emulated
