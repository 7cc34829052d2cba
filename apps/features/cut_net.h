// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The part of a net that makes one value: what a photo's features are taken from.
#pragma once

#include <emulsion/model.h>
#include <memory>
#include <string>

namespace emulsion::apps {

/// The value that stands for a layer: its output after the ReLU that alone reads it, as Caffe leaves it in
/// the layer's blob, or its output itself with `before_relu` or where no ReLU follows. Error(usage) in one
/// line that names the layers there are, if there is no such layer; or if `before_relu` is asked of a layer
/// that no ReLU follows.
std::string value_of_layer(const NetDef&, const std::string& layer, bool before_relu);

/// A model of the layers that `value` needs and no others, so that its output is the value. Shares weights
/// with the given one.
std::shared_ptr<const Model> cut_at(const std::shared_ptr<const Model>&, const std::string& value);

}  // namespace emulsion::apps
