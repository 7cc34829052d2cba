// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The paper's net: CaffeNet for landscape photos of 159x240, fine-tuned to tell pleasing photos from
// plain ones. The convolutions start from ImageNet's weights and learn at a tenth of the rate; the
// classifier is new, and its layers have new names, since old weights are taken over by name.
// 48,487,810 parameters.
#include "layers/nets/composer.h"
#include "layers/nets/nets.h"

namespace emulsion::nets {
namespace {

// The author's own file subtracts 296 from blue, which no pixel reaches: a slip, by all appearance.
// Models imported from him carry his means; a new one starts from ImageNet's.
Preprocessing landscape_photos() {
    Preprocessing photos = caffe_photos(0);
    photos.portrait = Preprocessing::Portrait::rotate;
    photos.height = photos.crop_height = 159;
    photos.width = photos.crop_width = 240;
    return photos;
}

}  // namespace

NetDef photo() {
    const Filler narrow = gaussian(0.005), wide = gaussian(0.01);
    const Filler zero = constant(0), one = constant(1);
    Composer net("photo", landscape_photos());

    net.rates({.weight = 0.1, .weight_decay = 0.1, .bias = 0.2, .bias_decay = 0});
    net.conv("conv1", {.outputs = 96, .kernel = 11, .stride = 4}, wide, zero);
    net.relu("relu1");
    net.max_pool("pool1");
    net.lrn("norm1");

    net.conv("conv2", {.outputs = 256, .kernel = 5, .pad = 2, .groups = 2}, wide, one);
    net.relu("relu2");
    net.max_pool("pool2");
    net.lrn("norm2");

    net.conv("conv3", {.outputs = 384, .kernel = 3, .pad = 1}, wide, zero);
    net.relu("relu3");
    net.conv("conv4", {.outputs = 384, .kernel = 3, .pad = 1, .groups = 2}, wide, one);
    net.relu("relu4");
    net.conv("conv5", {.outputs = 256, .kernel = 3, .pad = 1, .groups = 2}, wide, one);
    net.relu("relu5");
    net.max_pool("pool5");

    net.rates(caffe_rates);
    net.fc("fc6_photo", 4096, narrow, one);
    net.relu("relu6");
    net.dropout("drop6", 0.6);
    net.fc("fc7_photo", 4096, narrow, one);
    net.relu("relu7");
    net.dropout("drop7", 0.6);
    net.fc("fc8_photo", 2, wide, zero);
    return net.finish({"plain", "pleasing"});
}

}  // namespace emulsion::nets
