// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A NetDef in Caffe's words.
#pragma once

#include <functional>
#include <string>

#include "emulsion/netdef.h"
#include "engine/formats/message.h"

namespace emulsion::formats::caffe {

/// A net for inference, in the new syntax: an Input layer for photos, then layer by layer, with rates and
/// fillers. How photos are prepared stands in the Input layer as it would in one that reads photos, if
/// Caffe can say it. `extend` may add to each layer's message. Error(data) "<where>: ..." if Caffe has no
/// such layer or setting.
using Extend = std::function<void(const LayerDef&, Message& layer)>;
Message describe(const NetDef&, const std::string& where, const Extend& extend = {});

}  // namespace emulsion::formats::caffe
