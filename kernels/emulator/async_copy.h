// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// cp.async: copies from device to shared memory that land when they like. Here they land as late as the
// program allows, at the wait that covers them; until then their place is full of NaN.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/emulator/thread.h"

namespace emulsion::kernels::emulated {

/// The copies of one thread.
class AsyncCopies {
   public:
    /// Copies `given` bytes and fills up to `bytes` with zero.
    void ask(const Thread&, void* to, const void* from, std::size_t bytes, std::size_t given, Place,
             const void* pc);
    void commit() { ++open_group_; }
    /// Until at most `groups` committed groups are in flight.
    void wait(const Thread&, unsigned groups);
    bool in_flight() const { return !copies_.empty(); }
    void forget();

   private:
    struct Copy {
        std::byte* to;
        const std::byte* from;
        std::size_t bytes, given;  ///< to be written; to be read, the rest is zero
        unsigned group;
        const void* pc;
    };
    std::vector<Copy> copies_;  ///< oldest first
    unsigned open_group_ = 0;
};

}  // namespace emulsion::kernels::emulated
