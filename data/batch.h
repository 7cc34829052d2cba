// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the loader delivers: photos ready to be copied to the device.
#pragma once

#include <emulsion/preprocessing.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/order.h"

namespace emulsion {

/// A batch of n photos, in buffers that are used again and again. Copies are independent of the loader.
class LoadedBatch {
   public:
    LoadedBatch(int photos, const Preprocessing& preprocessing)
        : labels(static_cast<std::size_t>(photos)),
          crops(static_cast<std::size_t>(photos)),
          photo_bytes_(static_cast<std::size_t>(preprocessing.height) *
                       static_cast<std::size_t>(preprocessing.width) * 3),
          bytes_(static_cast<std::size_t>(photos) * photo_bytes_),
          lines_((bytes_ + sizeof(Line) - 1) / sizeof(Line)) {}

    std::uint64_t index = 0;           ///< counts from 0 at the start of training or of the pass
    std::vector<std::int32_t> labels;  ///< n; no_label where the photo is broken or the batch padded
    std::vector<Crop> crops;           ///< n; as kernels::PrepareInput takes them: i32[n][3]
    int valid = 0;                     ///< photos before the padding of a pass's last batch
    int broken = 0;                    ///< how many of those are broken: their pixels are zero

    /// n x height x width x 3, RGB, 64-byte aligned; height and width as in the preprocessing.
    std::span<std::uint8_t> pixels() { return {lines_.front().bytes, bytes_}; }
    std::span<const std::uint8_t> pixels() const { return {lines_.front().bytes, bytes_}; }

    /// One photo of it, height x width x 3.
    std::span<std::uint8_t> photo(int slot) {
        return pixels().subspan(static_cast<std::size_t>(slot) * photo_bytes_, photo_bytes_);
    }

   private:
    struct alignas(64) Line {
        std::uint8_t bytes[64];
    };
    std::size_t photo_bytes_, bytes_;
    std::vector<Line> lines_;
};

}  // namespace emulsion
