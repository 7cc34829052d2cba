// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How photos, labels and crops get into a net.
#pragma once

#include <span>

#include "engine/net.h"

namespace emulsion {

/// Writes to the given values of one net.
class Staging {
   public:
    /// Writes the mean image and central crops.
    Staging(const Net&, Device&, const Preprocessing&, int batch);

    /// Writes the mean image again, after another net has used the arena.
    void mean_image();
    /// Error(usage) if the spans do not agree with `count`, or count with the batch.
    void photos(std::span<const std::uint8_t> photos, int count);
    void inputs(std::span<const float> inputs, int count);
    /// Empty: the centre for all.
    void crops(std::span<const std::int32_t> crops, int count);
    /// Photos from `count` to the batch's end are left out.
    void labels(std::span<const std::int32_t> labels, int count, int classes);

   private:
    void write(int value, const char* copying, const void* data, std::size_t bytes);
    void check_count(int count) const;

    const Net& net_;
    Device& device_;
    int batch_, height_, width_, crop_height_, crop_width_;
    std::vector<std::int32_t> centre_, given_;
    std::vector<float> mean_;
};

}  // namespace emulsion
