// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Models and photos small enough that their scores follow on paper.
#pragma once

#include <emulsion/emulsion.h>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/temporary_folder.h"

namespace emulsion::test {

LayerDef layer(const std::string& name, const std::string& type, const std::string& input,
               Attributes attributes = {});
/// A layer with "weight" and "bias", both filled with zeros.
LayerDef weighted(const std::string& name, const std::string& type, const std::string& input,
                  Attributes attributes);

/// A net of height x width photos, not resized beyond that, not centred: input = pixel.
NetDef net_of(int height, int width, std::vector<LayerDef> layers);

/// A model with the weights given, one vector a parameter.
std::shared_ptr<const Model> model_of(NetDef, std::vector<std::vector<float>> weights);

/// Two classes; the score is 100 / (1 + exp(-(mean pixel - 128) / 64)).
std::shared_ptr<const Model> brightness_model();
double brightness_score(double mean_pixel);

/// A lossless photo of one grey.
void write_grey(const std::string& path, std::uint8_t value, int width = 24, int height = 16);
void write_text(const std::string& path, const std::string& text);

/// The implementations that were built for the CPU.
bool has_implementation(const std::string& name);

}  // namespace emulsion::test
