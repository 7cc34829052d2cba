// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the access log remembers of a range of memory: for each word of four bytes how much of it is part of a
// buffer, its last write and two reads. Looking a word up is one division.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "kernels/emulator/log.h"
#include "kernels/emulator/pages.h"

namespace emulsion::kernels::emulated {

/// One access of one thread.
struct Record {
    std::uint32_t block;  ///< counted over all launches; 0: there was none
    std::uint32_t pc;     ///< relative to the program's start
    std::uint16_t epoch;  ///< barriers that the block had passed
    std::uint16_t time;   ///< of the thread's own clock (WarpClocks)
    std::uint16_t thread;
    std::uint8_t bytes;  ///< one bit a byte of the word
    Access kind;
};

/// Two reads are enough for races with a later write of the whole word where each barrier is for all: unless
/// both are the writer's own, one is not. With partial masks, and bytes of a word apart, a third reader may
/// be the one that races (docs/emulator.md).
struct Cell {
    Record write, read, other_read;
    std::uint8_t written;  ///< bytes that the block of `write` has written
};

class Shadow {
   public:
    static constexpr std::size_t word = 4;

    void cover(const std::byte* begin, std::size_t bytes);
    bool covers(const std::byte* at) const { return static_cast<std::size_t>(at - begin_) < bytes_; }
    bool covers(const std::byte* begin, std::size_t bytes) const {
        return covers(begin) && begin + bytes <= begin_ + bytes_;
    }

    Cell& cell(const std::byte* at) { return cells_[index(at)]; }
    /// The first bytes of the word at `at` that belong to a buffer: 0 to 4.
    unsigned valid(const std::byte* at) const { return valid_[index(at)]; }

    void add_buffer(const std::byte* begin, std::size_t bytes);  ///< begins at a word
    void remove_buffer(const std::byte* begin, std::size_t bytes);
    void remove_buffers();

   private:
    std::size_t index(const std::byte* at) const { return static_cast<std::size_t>(at - begin_) / word; }

    const std::byte* begin_ = nullptr;
    std::size_t bytes_ = 0;
    std::optional<Pages> cell_pages_, valid_pages_;
    Cell* cells_ = nullptr;
    std::uint8_t* valid_ = nullptr;
};

}  // namespace emulsion::kernels::emulated
