// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// torchvision's AlexNet, which is Krizhevsky's second, "one weird trick" (2014): narrower, without LRN
// and groups, for RGB photos of 224x224 normalised to mean 0 and deviation 1, with dropout before the
// fully connected layers. Its adaptive average pool is the identity at this size. 61,100,840 parameters.
#include <cmath>

#include "layers/nets/composer.h"
#include "layers/nets/nets.h"

namespace emulsion::nets {
namespace {

Preprocessing torchvision_photos() {
    constexpr std::array<double, 3> mean{0.485, 0.456, 0.406}, deviation{0.229, 0.224, 0.225};
    Preprocessing photos;
    photos.fit = Preprocessing::Fit::short_side;
    photos.filter = Preprocessing::Filter::bilinear;
    photos.height = photos.width = 256;
    photos.crop_height = photos.crop_width = 224;
    photos.bgr = false;
    for (std::size_t c = 0; c < 3; ++c) {  // stated for pixels in 0..1, wanted for 0..255
        photos.mean[c] = static_cast<float>(mean[c] * 255);
        photos.scale[c] = static_cast<float>(1 / (deviation[c] * 255));
    }
    return photos;
}

// torch's default for weights and biases alike.
Filler torch_uniform(int fan_in) {
    return uniform(1 / std::sqrt(static_cast<double>(fan_in)));
}

}  // namespace

NetDef alexnet_torchvision() {
    Composer net("alexnet-torchvision", torchvision_photos());
    int channels = 3;
    const auto conv = [&](const char* name, const Window& w) {
        const Filler filler = torch_uniform(channels * w.kernel * w.kernel);
        net.conv(name, w, filler, filler);
        channels = w.outputs;
    };
    const auto fc = [&](const char* name, int inputs, int outputs) {
        net.fc(name, outputs, torch_uniform(inputs), torch_uniform(inputs));
    };

    conv("conv1", {.outputs = 64, .kernel = 11, .stride = 4, .pad = 2});
    net.relu("relu1");
    net.max_pool("pool1", "down");

    conv("conv2", {.outputs = 192, .kernel = 5, .pad = 2});
    net.relu("relu2");
    net.max_pool("pool2", "down");

    conv("conv3", {.outputs = 384, .kernel = 3, .pad = 1});
    net.relu("relu3");
    conv("conv4", {.outputs = 256, .kernel = 3, .pad = 1});
    net.relu("relu4");
    conv("conv5", {.outputs = 256, .kernel = 3, .pad = 1});
    net.relu("relu5");
    net.max_pool("pool5", "down");

    net.dropout("drop6", 0.5);
    fc("fc6", 256 * 6 * 6, 4096);
    net.relu("relu6");
    net.dropout("drop7", 0.5);
    fc("fc7", 4096, 4096);
    net.relu("relu7");
    fc("fc8", 4096, 1000);
    return net.finish();
}

}  // namespace emulsion::nets
