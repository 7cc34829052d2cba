// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// One maker a layer type. A maker reads the settings and rejects those it does not know; shapes come
// later, in Layer::setup.
#pragma once

#include <emulsion/layer.h>

#include <memory>

namespace emulsion {

std::unique_ptr<Layer> make_concat(const LayerDef&);
std::unique_ptr<Layer> make_convolution(const LayerDef&);
std::unique_ptr<Layer> make_dropout(const LayerDef&);
std::unique_ptr<Layer> make_fully_connected(const LayerDef&);
std::unique_ptr<Layer> make_lrn(const LayerDef&);
std::unique_ptr<Layer> make_pool(const LayerDef&);
std::unique_ptr<Layer> make_relu(const LayerDef&);
std::unique_ptr<Layer> make_softmax(const LayerDef&);
std::unique_ptr<Layer> make_softmax_loss(const LayerDef&);

}  // namespace emulsion
