// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// CUDA's operations among the lanes of a warp.
#pragma once

#include <cstring>

#include "kernels/emulator/thread.h"

namespace emulsion::kernels::emulated {

inline constexpr int warpSize = 32;

/// Every lane gets the value of the lane it named.
void exchange(Warp&, std::uint32_t mask);
/// Every lane gets one bit a lane: whether its value is not 0.
void vote(Warp&, std::uint32_t mask);
void meet(Warp&, std::uint32_t mask);

template <class T>
EMULSION_UNLOGGED T exchange_with(std::uint32_t mask, T value, unsigned source, Place place) {
    static_assert(sizeof(T) <= sizeof(std::uint64_t));
    Warp& warp = *current->warp;
    std::uint64_t& own = warp.value[current->lane];
    own = 0;
    std::memcpy(&own, &value, sizeof value);
    warp.source[current->lane] = source;
    synchronise_warp(mask, exchange, place);
    std::memcpy(&value, &own, sizeof value);
    return value;
}

EMULSION_UNLOGGED inline unsigned own_lane() {
    return current->lane;
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = warpSize,
              Place place = {__builtin_FILE(), __builtin_LINE()}) {
    const unsigned lane = own_lane(), segment = static_cast<unsigned>(width);
    return exchange_with(mask, value, lane / segment * segment + static_cast<unsigned>(source) % segment,
                         place);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = warpSize,
                 Place place = {__builtin_FILE(), __builtin_LINE()}) {
    const unsigned lane = own_lane(), segment = static_cast<unsigned>(width);
    return exchange_with(mask, value, lane % segment < delta ? lane : lane - delta, place);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = warpSize,
                   Place place = {__builtin_FILE(), __builtin_LINE()}) {
    const unsigned lane = own_lane(), segment = static_cast<unsigned>(width);
    return exchange_with(mask, value, lane % segment + delta >= segment ? lane : lane + delta, place);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = warpSize,
                  Place place = {__builtin_FILE(), __builtin_LINE()}) {
    const unsigned lane = own_lane(), segment = static_cast<unsigned>(width);
    const unsigned source = lane ^ static_cast<unsigned>(bits);
    return exchange_with(mask, value, source / segment > lane / segment ? lane : source, place);
}

EMULSION_UNLOGGED inline unsigned __ballot_sync(unsigned mask, int predicate,
                                                Place place = {__builtin_FILE(), __builtin_LINE()}) {
    Warp& warp = *current->warp;
    warp.value[current->lane] = predicate != 0 ? 1 : 0;
    synchronise_warp(mask, vote, place);
    return static_cast<unsigned>(warp.value[current->lane]);
}
inline int __any_sync(unsigned mask, int predicate, Place place = {__builtin_FILE(), __builtin_LINE()}) {
    return __ballot_sync(mask, predicate, place) != 0 ? 1 : 0;
}
inline int __all_sync(unsigned mask, int predicate, Place place = {__builtin_FILE(), __builtin_LINE()}) {
    return __ballot_sync(mask, predicate == 0 ? 1 : 0, place) == 0 ? 1 : 0;
}

inline void __syncwarp(unsigned mask = ~0U, Place place = {__builtin_FILE(), __builtin_LINE()}) {
    synchronise_warp(mask, meet, place);
}
inline void __syncthreads(Place place = {__builtin_FILE(), __builtin_LINE()}) {
    synchronise_block(place);
}

}  // namespace emulsion::kernels::emulated
