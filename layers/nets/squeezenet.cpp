// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// SqueezeNet 1.0 (Iandola et al. 2016): AlexNet's accuracy with a fiftieth of its weights. A fire module
// squeezes its input to few channels by 1x1 kernels and expands them by 1x1 and 3x3 kernels side by side.
// Layers are named as in the authors' Caffe file. 1,248,424 parameters.
#include "layers/nets/composer.h"
#include "layers/nets/nets.h"

namespace emulsion::nets {
namespace {

void conv_relu(Composer& net, const std::string& module, const std::string& name, const Window& window,
               const Filler& weights) {
    net.conv(module + name, window, weights, constant(0));
    net.relu(module + "relu_" + name);
}

void fire(Composer& net, const std::string& module, int squeeze, int expand) {
    const std::string prefix = module + "/";
    conv_relu(net, prefix, "conv1x1_1", {.outputs = squeeze, .kernel = 1}, xavier());
    conv_relu(net, prefix, "conv1x1_2", {.outputs = expand, .kernel = 1}, xavier());
    net.from(prefix + "relu_conv1x1_1");
    conv_relu(net, prefix, "conv3x3_2", {.outputs = expand, .kernel = 3, .pad = 1}, xavier());
    net.concat(prefix + "concat", {prefix + "relu_conv1x1_2", prefix + "relu_conv3x3_2"});
}

}  // namespace

NetDef squeezenet() {
    Composer net("squeezenet", caffe_photos(227));

    conv_relu(net, "", "conv1", {.outputs = 96, .kernel = 7, .stride = 2}, xavier());
    net.max_pool("pool1");
    fire(net, "fire2", 16, 64);
    fire(net, "fire3", 16, 64);
    fire(net, "fire4", 32, 128);
    net.max_pool("pool4");
    fire(net, "fire5", 32, 128);
    fire(net, "fire6", 48, 192);
    fire(net, "fire7", 48, 192);
    fire(net, "fire8", 64, 256);
    net.max_pool("pool8");
    fire(net, "fire9", 64, 256);

    net.dropout("drop9", 0.5);
    conv_relu(net, "", "conv_final", {.outputs = 1000, .kernel = 1, .pad = 1}, gaussian(0.01));
    net.global_average("pool_final");
    return net.finish();
}

}  // namespace emulsion::nets
