// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// AlexNet as Caffe distributes it (Krizhevsky, Sutskever, Hinton 2012, without the 2-GPU split of the
// classifier): LRN comes before pooling. 60,965,224 parameters.
#include "layers/nets/composer.h"
#include "layers/nets/nets.h"

namespace emulsion::nets {

NetDef alexnet() {
    const Filler narrow = gaussian(0.005), wide = gaussian(0.01);
    const Filler zero = constant(0), alive = constant(0.1);
    Composer net("alexnet", caffe_photos(227));
    net.rates(caffe_rates);

    net.conv("conv1", {.outputs = 96, .kernel = 11, .stride = 4}, wide, zero);
    net.relu("relu1");
    net.lrn("norm1");
    net.max_pool("pool1");

    net.conv("conv2", {.outputs = 256, .kernel = 5, .pad = 2, .groups = 2}, wide, alive);
    net.relu("relu2");
    net.lrn("norm2");
    net.max_pool("pool2");

    net.conv("conv3", {.outputs = 384, .kernel = 3, .pad = 1}, wide, zero);
    net.relu("relu3");
    net.conv("conv4", {.outputs = 384, .kernel = 3, .pad = 1, .groups = 2}, wide, alive);
    net.relu("relu4");
    net.conv("conv5", {.outputs = 256, .kernel = 3, .pad = 1, .groups = 2}, wide, alive);
    net.relu("relu5");
    net.max_pool("pool5");

    net.fc("fc6", 4096, narrow, alive);
    net.relu("relu6");
    net.dropout("drop6", 0.5);
    net.fc("fc7", 4096, narrow, alive);
    net.relu("relu7");
    net.dropout("drop7", 0.5);
    net.fc("fc8", 1000, wide, zero);
    return net.finish();
}

}  // namespace emulsion::nets
