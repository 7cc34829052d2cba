// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Caffe's arrays.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/formats/caffe_fields.h"
#include "engine/formats/reals.h"

namespace emulsion::formats::caffe {

struct Blob {
    std::vector<std::int64_t> shape;
    bool legacy = false;  ///< its shape was stated as num, channels, height, width
    Floats values;        ///< as many as the shape says
};

/// Views fp32 where it lies well in the file, which `owner` keeps; copies the rest. `who` begins the errors:
/// Error(data) if shape and data disagree, which is known before anything is allocated.
Blob read_blob(const Fields& blob, const std::shared_ptr<const void>& owner, const std::string& who);

/// "96x3x11x11"
std::string shape_text(const std::vector<std::int64_t>&);

}  // namespace emulsion::formats::caffe
