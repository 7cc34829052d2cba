// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/emulator/shadow.h"

#include <algorithm>

namespace emulsion::kernels::emulated {

/// The shadow is kept where it was if only the memory's address changes.
void Shadow::cover(const std::byte* begin, std::size_t bytes) {
    begin_ = begin;
    if (bytes_ == bytes) return;
    cells_ = reinterpret_cast<Cell*>(cell_pages_.emplace(bytes / word * sizeof(Cell)).begin());
    valid_ = reinterpret_cast<std::uint8_t*>(valid_pages_.emplace(bytes / word).begin());
    bytes_ = bytes;
}

void Shadow::add_buffer(const std::byte* begin, std::size_t bytes) {
    std::fill_n(valid_ + index(begin), bytes / word, std::uint8_t{word});
    if (bytes % word != 0) valid_[index(begin) + bytes / word] = bytes % word;
}

/// Gives back what memory its whole pages of cells took, since many buffers come and go.
void Shadow::remove_buffer(const std::byte* begin, std::size_t bytes) {
    std::fill_n(valid_ + index(begin), (bytes + word - 1) / word, std::uint8_t{0});
    const std::size_t first = whole_pages(index(begin) * sizeof(Cell));
    const std::size_t last = (index(begin) + bytes / word) * sizeof(Cell) / page_size() * page_size();
    if (first < last) drop_pages(reinterpret_cast<std::byte*>(cells_) + first, last - first);
}

void Shadow::remove_buffers() {
    std::fill_n(valid_, bytes_ / word, std::uint8_t{0});
}

}  // namespace emulsion::kernels::emulated
