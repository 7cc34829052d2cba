// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A net that takes microseconds, and ways to look at a model's bits.
#pragma once

#include <emulsion/model.h>
#include <gtest/gtest.h>

#include <cstring>

namespace emulsion::test {

/// 3x8x8 -> conv1 4@3 -> relu1 -> pool1 -> fc2 -> prob. Parameters: 4x3x3x3, 4, 2x36, 2.
inline NetDef small_net() {
    using Int = std::int64_t;
    NetDef net;
    net.name = "small";
    net.height = net.width = 8;
    net.preprocessing.height = 10;
    net.preprocessing.width = 12;
    net.preprocessing.crop_height = net.preprocessing.crop_width = 8;
    net.preprocessing.mean = {104.5F, 117, 123.25F};
    net.preprocessing.scale = {0.1F, 1, 1 / 3.0F};
    net.preprocessing.fit = Preprocessing::Fit::short_side;
    net.preprocessing.filter = Preprocessing::Filter::lanczos;
    const Filler gaussian{.kind = Filler::Kind::gaussian, .deviation = 0.01};
    const Filler xavier{.kind = Filler::Kind::xavier};
    const Filler half{.value = 0.5};
    net.layers = {
        {"conv1",
         "conv",
         {"data"},
         {"conv1"},
         {{"outputs", Int{4}}, {"kernel", Int{3}}},
         {{"weight", 0.1, 0.1, gaussian}, {"bias", 0.2, 0, half}}},
        {"relu1", "relu", {"conv1"}, {"relu1"}, {}, {}},
        {"pool1",
         "pool",
         {"relu1"},
         {"pool1"},
         {{"mode", "max"}, {"kernel", Int{2}}, {"stride", Int{2}}},
         {}},
        {"fc2",
         "fc",
         {"pool1"},
         {"fc2"},
         {{"outputs", Int{2}}},
         {{"weight", 1, 1, xavier}, {"bias", 2, 0, {}}}},
        {"prob", "softmax", {"fc2"}, {"prob"}, {}, {}},
    };
    net.classes = {"plain", "pleasing"};
    return net;
}

inline void expect_same_weights(const Model& a, const Model& b) {
    ASSERT_EQ(a.parameters().size(), b.parameters().size());
    for (std::size_t i = 0; i < a.parameters().size(); ++i) {
        ASSERT_EQ(a.parameters()[i].name, b.parameters()[i].name);
        ASSERT_EQ(a.weights(i).size(), b.weights(i).size());
        EXPECT_EQ(std::memcmp(a.weights(i).data(), b.weights(i).data(), a.weights(i).size_bytes()), 0)
            << a.parameters()[i].name;
    }
}

}  // namespace emulsion::test
