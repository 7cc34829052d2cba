// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Deep Compression's file of a net of two small convolutions.
#include "engine/formats/deep_compression.h"

#include "tests/fuzz/support.h"

namespace emulsion::fuzz {
namespace {

/// "first" 2x3x2x2 -> "second" 1x2x1x1, on 3x4x4.
NetDef small_net() {
    using Int = std::int64_t;
    NetDef net;
    net.name = "small";
    net.height = net.width = 4;
    net.preprocessing.height = net.preprocessing.width = 4;
    net.preprocessing.crop_height = net.preprocessing.crop_width = 4;
    const std::vector<ParamDef> params{{"weight", 1, 1, {}}, {"bias", 1, 1, {}}};
    net.layers = {
        {"first", "conv", {"data"}, {"first"}, {{"outputs", Int{2}}, {"kernel", Int{2}}}, params},
        {"second", "conv", {"first"}, {"second"}, {{"outputs", Int{1}}, {"kernel", Int{1}}}, params}};
    return net;
}

}  // namespace

void deep_compression(Bytes bytes) {
    static const NetDef net = small_net();
    touch(formats::read_deep_compression(formats::FileBytes{"file", bytes, {}}, net, standard_layers()));
}

}  // namespace emulsion::fuzz
