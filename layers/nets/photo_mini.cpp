// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A narrow AlexNet that learns from nothing in about a minute on two CPU cores: every layer type of the
// paper's net, 2 classes, photos of 96x144. For demonstrations and for tests of the whole path.
#include "layers/nets/composer.h"
#include "layers/nets/nets.h"

namespace emulsion::nets {
namespace {

// Pixels are scaled to a deviation of about 1, for which the msra filler is meant.
Preprocessing small_photos() {
    Preprocessing photos = caffe_photos(0);
    photos.height = 104;
    photos.width = 156;
    photos.crop_height = 96;
    photos.crop_width = 144;
    photos.scale = {1 / 64.0F, 1 / 64.0F, 1 / 64.0F};
    return photos;
}

}  // namespace

NetDef photo_mini() {
    const Filler zero = constant(0);
    Composer net("photo-mini", small_photos());
    net.rates(caffe_rates);

    net.conv("conv1", {.outputs = 24, .kernel = 7, .stride = 3}, msra(), zero);
    net.relu("relu1");
    net.max_pool("pool1");
    net.lrn("norm1");

    net.conv("conv2", {.outputs = 48, .kernel = 5, .pad = 2, .groups = 2}, msra(), zero);
    net.relu("relu2");
    net.max_pool("pool2");
    net.lrn("norm2");

    net.conv("conv3", {.outputs = 64, .kernel = 3, .pad = 1}, msra(), zero);
    net.relu("relu3");
    net.conv("conv4", {.outputs = 64, .kernel = 3, .pad = 1, .groups = 2}, msra(), zero);
    net.relu("relu4");
    net.conv("conv5", {.outputs = 48, .kernel = 3, .pad = 1, .groups = 2}, msra(), zero);
    net.relu("relu5");
    net.max_pool("pool5");

    net.fc("fc6", 96, msra(), zero);
    net.relu("relu6");
    net.dropout("drop6", 0.5);
    net.fc("fc7", 2, xavier(), zero);
    return net.finish({"plain", "pleasing"});
}

}  // namespace emulsion::nets
