// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Photos to a net's input: channel order, means, scale, crops and mirroring.
#include "tests/kernels/cases.h"

namespace emulsion::kernels::tests {
namespace {

struct Line {
    const char* name;
    Shape dst;
    int photo_h, photo_w;
    bool bgr, mean_image;
    std::array<float, 3> mean, scale;
    bool alexnet = false;
};

constexpr std::array<float, 3> author{296, 103, 108}, ones{1, 1, 1}, torch_mean{123.675F, 116.28F, 103.53F},
    torch_scale{0.017124754F, 0.017507004F, 0.017429193F};

constexpr Line lines[] = {
    {"one_pixel", {1, 3, 1, 1}, 1, 1, true, false, author, ones},
    {"whole_photo_bgr", {2, 3, 5, 7}, 5, 7, true, false, author, ones},
    {"whole_photo_rgb", {2, 3, 5, 7}, 5, 7, false, false, author, ones},
    {"crop_bgr", {5, 3, 4, 6}, 9, 8, true, false, author, ones},
    {"crop_rgb_scaled", {5, 3, 4, 6}, 9, 8, false, false, torch_mean, torch_scale},
    {"mean_image_bgr", {5, 3, 4, 6}, 9, 8, true, true, {}, ones},
    {"mean_image_rgb_scaled", {5, 3, 6, 4}, 7, 11, false, true, {}, torch_scale},
    {"batch_of_fifty", {50, 3, 4, 5}, 6, 7, true, true, {}, torch_scale},
    {"pixels_255", {1, 3, 15, 17}, 16, 20, true, false, author, ones},
    {"pixels_256", {1, 3, 16, 16}, 16, 16, true, true, {}, ones},
    {"pixels_257", {1, 3, 1, 257}, 3, 258, false, false, author, ones},
    {"paper", {3, 3, 159, 240}, 159, 240, true, false, author, ones},
    {"alexnet", {2, 3, 227, 227}, 256, 256, true, true, {}, ones},
};

std::vector<Case> cases() {
    std::vector<Case> all;
    for (const Line& l : lines)
        all.push_back({l.name,
                       {OpKind::prepare_input,
                        PrepareInput{l.dst, l.photo_h, l.photo_w, l.bgr, l.mean_image, l.mean, l.scale}}});
    return all;
}

const bool registered = register_cases("PrepareInput", cases());

}  // namespace
}  // namespace emulsion::kernels::tests
