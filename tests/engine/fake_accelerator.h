// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// An accelerator for tests, over pages of the host that nobody may touch but while it is at work: a host
// pointer taken for device memory, or device memory read by the host, ends the test program. CPU plans run
// on it, so results can be compared to the bit. It counts what it is asked for.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/device.h"

namespace emulsion::testing {

/// What several accelerators share, as streams of one card do. Must outlive the models that run on it.
class FakeCard {
   public:
    explicit FakeCard(std::size_t bytes = std::size_t{1} << 30) : memory(bytes) {}
    ~FakeCard();
    FakeCard(const FakeCard&) = delete;
    FakeCard& operator=(const FakeCard&) = delete;

    /// A device over this card. Its plans are the CPU's: sessions get it with Options::device left as it is.
    std::unique_ptr<Device> open(const DeviceId& = {kernels::DeviceKind::cuda, 3});

    std::size_t used() const;

    struct Counts {
        int allocations = 0, copies_in = 0, copies_out = 0, synchronisations = 0, timings = 0;
        int direct_runs = 0, recordings = 0, replays = 0;
        std::size_t bytes_in = 0;

        int waits() const { return copies_out + synchronisations + timings; }
        int runs() const { return direct_runs + recordings + replays; }
    };
    Counts counts;
    const std::size_t memory;         ///< bytes in all
    bool notes_ranges = false;        ///< takes memory
    std::vector<std::string> ranges;  ///< as they were opened: "outer", "outer/inner"
    std::string open_range;           ///< the innermost of those open, "" for none
    std::string failure;              ///< if not empty, the next work, or wait for it, fails with this

   private:
    friend class FakeAccelerator;
    void protect(int protection);

    std::map<void*, std::size_t> blocks_;  ///< whole pages
};

}  // namespace emulsion::testing
