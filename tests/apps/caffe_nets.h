// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Other people's nets as Caffe files, put together from the published tables of their architectures: VGG-16
// (Simonyan and Zisserman 2014), GoogLeNet (Szegedy et al. 2014) and the beginning of ResNet (He et al.
// 2015).
#pragma once

#include <string>

namespace emulsion::test {

/// How a net's head is written, and how its layers.
enum class Head {
    input_dim,    ///< input: and four input_dim:
    input_shape,  ///< input: and input_shape
    input_layer,
    memory_data,
    train_val,  ///< Data layers for both phases, losses and accuracies
};
enum class Syntax { old, now };

/// Channels divided by `thinner`, for a net that runs at once; fully connected layers of 4096 / thinner^2.
std::string vgg16(Head, Syntax, int thinner = 1);
/// With two auxiliary classifiers in a train_val file.
std::string googlenet(Head);
/// BatchNorm, Scale and Eltwise. The first layer that Emulsion lacks is "bn_conv1", on this line.
std::string resnet_beginning();
inline constexpr int resnet_first_unsupported_line = 6;

}  // namespace emulsion::test
