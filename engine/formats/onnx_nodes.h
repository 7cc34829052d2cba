// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A net as the nodes of an ONNX graph. The same net always gives the same nodes, so that a reader can
// tell whether a graph still is the net that it was written from.
#pragma once

#include <map>
#include <string>

#include "emulsion/layer.h"
#include "emulsion/netdef.h"
#include "engine/formats/message.h"

namespace emulsion::formats::onnx {

/// Of the input and of every value that a layer makes, by name.
using Shapes = std::map<std::string, Shape>;

/// Adds the net's nodes, its output and the initialisers that are settings, not weights. Error(data) names
/// the layer that ONNX (opset 13) cannot express.
void write_nodes(const NetDef&, const Shapes&, Message& graph);

}  // namespace emulsion::formats::onnx
