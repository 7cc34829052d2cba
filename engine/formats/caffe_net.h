// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A Caffe net as a NetDef.
#pragma once

#include <string>

#include "emulsion/netdef.h"
#include "engine/formats/caffe_layer.h"
#include "engine/formats/caffe_source.h"
#include "engine/formats/message.h"

namespace emulsion::formats::caffe {

struct CaffeNet {
    NetDef net;
    Source source;
};

/// The net in one state. Layers that bring photos become the input "data"; a value that is overwritten in
/// place gets a new name ("fc6", then "fc6/relu6"); SoftmaxWithLoss becomes the softmax "prob", and layers
/// that only other outputs need are left out. What is passed over is listed by the Reading.
///
/// Error(data) names the first layer of a type that Emulsion lacks, an unknown field, or a setting that
/// cannot be kept.
CaffeNet convert_net(const Fields& net, const Unknown&, const NetState&);

/// The same of a text file. What was ignored is appended to `ignored`.
CaffeNet read_net(const std::string& path, const NetState&, std::vector<std::string>& ignored);

/// The text of a file, of at most 16 MB.
std::string read_definition(const std::string& path);

}  // namespace emulsion::formats::caffe
