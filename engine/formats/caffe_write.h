// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A NetDef in Caffe's words.
#pragma once

#include <functional>
#include <string>

#include "emulsion/netdef.h"
#include "engine/formats/message.h"

namespace emulsion::formats::caffe {

/// Whether all channels have the same scale.
bool has_one_scale(const Preprocessing&);
/// Whether a part of the resized photo is cut out.
bool cuts(const Preprocessing&);
/// Whether Caffe's layers that read photos can say how the input's numbers come about. Decoding and
/// turning are outside their world.
bool can_be_said(const Preprocessing&);

/// A net for inference, in the new syntax: an Input layer for photos, then layer by layer, with rates and
/// fillers. How photos are prepared stands in the Input layer as it would in one that reads photos, if
/// Caffe can say it. `extend` may add to each layer's message. Error(data) "<where>: ..." if Caffe has no
/// such layer or setting.
using Extend = std::function<void(const LayerDef&, Message& layer)>;
Message describe(const NetDef&, const std::string& where, const Extend& extend = {});

}  // namespace emulsion::formats::caffe
