// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The shared memory of one multiprocessor: arrays between fences, full of NaN when a block starts.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "kernels/emulator/pages.h"
#include "kernels/emulator/thread.h"

namespace emulsion::kernels::emulated {

class SharedMemory {
   public:
    static constexpr std::size_t bytes = 256 << 10;  ///< of addresses, fences included
    static constexpr std::size_t fence = 128;
    static constexpr std::size_t most_arrays = 32;

    /// Bytes of arrays that a block may have: as many as the settings say and these addresses hold.
    static std::size_t allowed();

    SharedMemory() = default;
    ~SharedMemory();
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;

    /// Forgets the last block's arrays and takes `dynamic` bytes for the next one's.
    void start_block(std::size_t dynamic);
    /// The array of that declaration, made when it is first asked for. A fault if there is no room.
    void* array(const SharedArray&);
    void* dynamic() const { return arrays_[0].begin; }

    /// Which array's fence was written over; "" if none.
    std::string damage() const;

    std::byte* begin() const { return memory_; }
    bool holds(const void* at, std::size_t count) const;
    /// "byte 12 of `tile` (FILE:LINE)" or "4 bytes beyond the end of `tile` (FILE:LINE)", for a byte within
    /// this memory.
    std::string describe(const void*) const;

   private:
    struct Array {
        const SharedArray* declared;  ///< null: the dynamic one
        std::byte* begin;
        std::size_t bytes;
    };
    static std::string name(const Array&);
    void* place(const SharedArray*, std::size_t);

    const Pages pages_{bytes};
    std::byte* const memory_ = pages_.begin();
    std::array<Array, most_arrays> arrays_{};
    std::size_t count_ = 0, used_ = 0;
};

}  // namespace emulsion::kernels::emulated
