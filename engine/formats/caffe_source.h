// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The head of a Caffe net: the size of its input, where photos come from and how they are prepared.
#pragma once

#include <optional>
#include <string>

#include "emulsion/preprocessing.h"
#include "engine/formats/caffe_layer.h"
#include "engine/formats/readers.h"

namespace emulsion::formats::caffe {

struct Source {
    std::int64_t channels = 3, height = 0, width = 0;
    Preprocessing preprocessing;  ///< at least of the right sizes
    bool preprocessing_known = false;
    std::string missing_mean;  ///< a mean_file that is not there
    CaffeData data;            ///< of Data and ImageData layers
};

/// Whether a layer of this type is a source: Input, Data, ImageData, MemoryData, HDF5Data (which is refused
/// as such).
bool is_source(const std::string& type);
Source source_of(const CaffeLayer&);

/// The input that a net states outside its layers: its name, and what source_of would say. None if the
/// net states none.
struct StatedInput {
    std::string name;
    Source source;
};
std::optional<StatedInput> stated_input(const Fields& net);

}  // namespace emulsion::formats::caffe
