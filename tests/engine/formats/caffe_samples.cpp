// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/engine/formats/caffe_samples.h"

#include <map>

namespace emulsion::test {

std::string old_alexnet() {
    return R"(name: "alexnet"
layers {
  name: "data" type: IMAGE_DATA top: "data" top: "label"
  image_data_param { source: "train.txt" root_folder: "photos/" batch_size: 256 shuffle: true
                     new_height: 256 new_width: 256 }
  transform_param { crop_size: 227 mirror: true mean_value: 104 mean_value: 117 mean_value: 123 }
  include: { phase: TRAIN }
}
layers {
  name: "data" type: IMAGE_DATA top: "data" top: "label"
  # As in files older than transform_param: the crop stands beside the source.
  image_data_param { source: "test.txt" batch_size: 50 new_height: 256 new_width: 256 crop_size: 227 }
  transform_param { mean_value: 104 mean_value: 117 mean_value: 123 }
  include: { phase: TEST }
}
layers { name: "conv1" type: CONVOLUTION bottom: "data" top: "conv1"
  blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
  convolution_param { num_output: 96 kernel_size: 11 stride: 4
    weight_filler { type: "gaussian" std: 0.01 } bias_filler { type: "constant" value: 0 } } }
layers { name: "relu1" type: RELU bottom: "conv1" top: "conv1" }
layers { name: "norm1" type: LRN bottom: "conv1" top: "norm1"
  lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 } }
layers { name: "pool1" type: POOLING bottom: "norm1" top: "pool1"
  pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layers { name: "conv2" type: CONVOLUTION bottom: "pool1" top: "conv2"
  blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
  convolution_param { num_output: 256 pad: 2 kernel_size: 5 group: 2
    weight_filler { type: "gaussian" std: 0.01 } bias_filler { type: "constant" value: 0.1 } } }
layers { name: "relu2" type: RELU bottom: "conv2" top: "conv2" }
layers { name: "norm2" type: LRN bottom: "conv2" top: "norm2"
  lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 } }
layers { name: "pool2" type: POOLING bottom: "norm2" top: "pool2"
  pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layers { name: "conv3" type: CONVOLUTION bottom: "pool2" top: "conv3"
  blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
  convolution_param { num_output: 384 pad: 1 kernel_size: 3
    weight_filler { type: "gaussian" std: 0.01 } bias_filler { type: "constant" value: 0 } } }
layers { name: "relu3" type: RELU bottom: "conv3" top: "conv3" }
layers { name: "conv4" type: CONVOLUTION bottom: "conv3" top: "conv4"
  blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
  convolution_param { num_output: 384 pad: 1 kernel_size: 3 group: 2
    weight_filler { type: "gaussian" std: 0.01 } bias_filler { type: "constant" value: 0.1 } } }
layers { name: "relu4" type: RELU bottom: "conv4" top: "conv4" }
layers { name: "conv5" type: CONVOLUTION bottom: "conv4" top: "conv5"
  blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
  convolution_param { num_output: 256 pad: 1 kernel_size: 3 group: 2
    weight_filler { type: "gaussian" std: 0.01 } bias_filler { type: "constant" value: 0.1 } } }
layers { name: "relu5" type: RELU bottom: "conv5" top: "conv5" }
layers { name: "pool5" type: POOLING bottom: "conv5" top: "pool5"
  pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layers { name: "fc6" type: INNER_PRODUCT bottom: "pool5" top: "fc6"
  blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
  inner_product_param { num_output: 4096
    weight_filler { type: "gaussian" std: 0.005 } bias_filler { type: "constant" value: 0.1 } } }
layers { name: "relu6" type: RELU bottom: "fc6" top: "fc6" }
layers { name: "drop6" type: DROPOUT bottom: "fc6" top: "fc6" dropout_param { dropout_ratio: 0.5 } }
layers { name: "fc7" type: INNER_PRODUCT bottom: "fc6" top: "fc7"
  blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
  inner_product_param { num_output: 4096
    weight_filler { type: "gaussian" std: 0.005 } bias_filler { type: "constant" value: 0.1 } } }
layers { name: "relu7" type: RELU bottom: "fc7" top: "fc7" }
layers { name: "drop7" type: DROPOUT bottom: "fc7" top: "fc7" dropout_param { dropout_ratio: 0.5 } }
layers { name: "fc8" type: INNER_PRODUCT bottom: "fc7" top: "fc8"
  blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
  inner_product_param { num_output: 1000
    weight_filler { type: "gaussian" std: 0.01 } bias_filler { type: "constant" value: 0 } } }
layers { name: "accuracy" type: ACCURACY bottom: "fc8" bottom: "label" top: "accuracy"
  include: { phase: TEST } }
layers { name: "loss" type: SOFTMAX_LOSS bottom: "fc8" bottom: "label" top: "loss" }
)";
}

namespace {

std::string photos(const std::string& phase, const std::string& list) {
    return R"(layer {
  name: "data" type: "ImageData" top: "data" top: "label"
  include { phase: )" +
           phase + R"( }
  transform_param { mirror: false mean_value: 104 mean_value: 117 mean_value: 123 }
  image_data_param { source: ")" +
           list + R"(" batch_size: 50 new_height: 159 new_width: 240 }
}
)";
}

std::string rates(const char* weight, const char* decay, const char* bias) {
    return std::string("  param { lr_mult: ") + weight + " decay_mult: " + decay +
           " } param { lr_mult: " + bias + " decay_mult: 0 }\n";
}

std::string fillers(const char* deviation, const char* bias) {
    return std::string("    weight_filler { type: \"gaussian\" std: ") + deviation +
           " } bias_filler { type: \"constant\" value: " + bias + " } }\n}\n";
}

std::string begin(const std::string& name, const std::string& type, const std::string& from) {
    return "layer {\n  name: \"" + name + "\" type: \"" + type + "\" bottom: \"" + from + "\" top: \"" +
           name + "\"\n";
}

std::string conv(const std::string& name, const std::string& from, const std::string& window,
                 const char* bias) {
    return begin(name, "Convolution", from) + rates("0.1", "0.1", "0.2") + "  convolution_param { " + window +
           "\n" + fillers("0.01", bias);
}

std::string fc(const std::string& name, const std::string& from, const std::string& outputs,
               const char* deviation, const char* bias) {
    return begin(name, "InnerProduct", from) + rates("1", "1", "2") +
           "  inner_product_param { num_output: " + outputs + "\n" + fillers(deviation, bias);
}

std::string in_place(const std::string& name, const std::string& type, const std::string& on,
                     const std::string& settings = "") {
    return "layer { name: \"" + name + "\" type: \"" + type + "\" bottom: \"" + on + "\" top: \"" + on +
           "\" " + settings + "}\n";
}

std::string pool(const std::string& name, const std::string& from) {
    return begin(name, "Pooling", from) + "  pooling_param { pool: MAX kernel_size: 3 stride: 2 }\n}\n";
}

std::string lrn(const std::string& name, const std::string& from) {
    return begin(name, "LRN", from) + "  lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }\n}\n";
}

}  // namespace

std::string paper_net() {
    const std::string drop = "dropout_param { dropout_ratio: 0.6 } ";
    return "name: \"photo\"\n" + photos("TRAIN", "train.txt") + photos("TEST", "test.txt") +
           conv("conv1", "data", "num_output: 96 kernel_size: 11 stride: 4", "0") +
           in_place("relu1", "ReLU", "conv1") + pool("pool1", "conv1") + lrn("norm1", "pool1") +
           conv("conv2", "norm1", "num_output: 256 pad: 2 kernel_size: 5 group: 2", "1") +
           in_place("relu2", "ReLU", "conv2") + pool("pool2", "conv2") + lrn("norm2", "pool2") +
           conv("conv3", "norm2", "num_output: 384 pad: 1 kernel_size: 3", "0") +
           in_place("relu3", "ReLU", "conv3") +
           conv("conv4", "conv3", "num_output: 384 pad: 1 kernel_size: 3 group: 2", "1") +
           in_place("relu4", "ReLU", "conv4") +
           conv("conv5", "conv4", "num_output: 256 pad: 1 kernel_size: 3 group: 2", "1") +
           in_place("relu5", "ReLU", "conv5") + pool("pool5", "conv5") +
           fc("fc6_photo", "pool5", "4096", "0.005", "1") + in_place("relu6", "ReLU", "fc6_photo") +
           in_place("drop6", "Dropout", "fc6_photo", drop) +
           fc("fc7_photo", "fc6_photo", "4096", "0.005", "1") + in_place("relu7", "ReLU", "fc7_photo") +
           in_place("drop7", "Dropout", "fc7_photo", drop) + fc("fc8_photo", "fc7_photo", "2", "0.01", "0") +
           "layer { name: \"accuracy\" type: \"Accuracy\" bottom: \"fc8_photo\" bottom: \"label\" "
           "top: \"accuracy\" include { phase: TEST } }\n"
           "layer { name: \"loss\" type: \"SoftmaxWithLoss\" bottom: \"fc8_photo\" bottom: \"label\" "
           "top: \"loss\" }\n";
}

std::string paper_solver() {
    return R"(net: "net.prototxt"
test_iter: 1000
test_interval: 1000
base_lr: 0.001
lr_policy: "step"
gamma: 0.1
stepsize: 50000
display: 20
max_iter: 450000
momentum: 0.9
weight_decay: 0.001
snapshot: 50000
snapshot_prefix: "snapshots/photo"
solver_mode: GPU
)";
}

std::string deploy(const std::string& layers) {
    return "name: \"small\" input: \"data\" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n" + layers;
}

NetDef with_values_by_layer(NetDef net) {
    std::map<std::string, std::string> renamed = {{"data", "data"}};
    for (LayerDef& layer : net.layers) {
        for (std::string& input : layer.inputs) input = renamed.at(input);
        renamed[layer.outputs.at(0)] = layer.name;
        layer.outputs = {layer.name};
    }
    return net;
}

}  // namespace emulsion::test
