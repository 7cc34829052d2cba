// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/apps/caffe_nets.h"

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

namespace emulsion::test {
namespace {

// Writes layers of either syntax, one a line; a layer that reads and makes the same value works in place.
class Text {
   public:
    Text(const std::string& name, Head head, Syntax syntax, int side) : head_(head), syntax_(syntax) {
        text_ = "name: \"" + name + "\"\n";
        const std::string n = std::to_string(side);
        const std::string dims = "dim: 1 dim: 3 dim: " + n + " dim: " + n;
        if (head == Head::input_dim)
            text_ += "input: \"data\" input_dim: 1 input_dim: 3 input_dim: " + n + " input_dim: " + n + "\n";
        if (head == Head::input_shape) text_ += "input: \"data\" input_shape { " + dims + " }\n";
        if (head == Head::input_layer)
            layer("data", "Input", "", "data", "input_param { shape { " + dims + " } }");
        if (head == Head::memory_data)
            layer("data", "MemoryData", "", "data",
                  "top: \"label\" memory_data_param { batch_size: 1 channels: 3 height: " + n +
                      " width: " + n + " }");
        if (head != Head::train_val) return;
        for (const char* phase : {"TRAIN", "TEST"})
            layer("data", "Data", "", "data",
                  "top: \"label\" include { phase: " + std::string(phase) +
                      " } transform_param { crop_size: " + n +
                      " mean_value: 103.939 mean_value: 116.779 mean_value: 123.68 } "
                      "data_param { source: \"ilsvrc12_" +
                      phase + "_lmdb\" batch_size: 32 backend: LMDB }");
    }

    void layer(const std::string& name, const std::string& type, const std::string& bottom,
               const std::string& top, const std::string& settings = "") {
        text_ += syntax_ == Syntax::now ? "layer { name: \"" + name + "\" type: \"" + type + "\""
                                        : "layers { name: \"" + name + "\" type: " + old_name(type);
        for (std::size_t from = 0; from < bottom.size();) {  // separated by blanks
            const std::size_t to = std::min(bottom.find(' ', from), bottom.size());
            text_ += " bottom: \"" + bottom.substr(from, to - from) + "\"";
            from = to + 1;
        }
        text_ += " top: \"" + top + "\" " + settings + " }\n";
    }

    void conv(const std::string& name, const std::string& bottom, int outputs, int kernel, int stride,
              int pad, const std::string& relu) {
        const std::string learn =
            syntax_ == Syntax::now ? "param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 } "
                                   : "blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0 ";
        layer(name, "Convolution", bottom, name,
              learn + "convolution_param { num_output: " + std::to_string(outputs) +
                  " kernel_size: " + std::to_string(kernel) + " stride: " + std::to_string(stride) +
                  " pad: " + std::to_string(pad) +
                  " weight_filler { type: \"xavier\" } bias_filler { type: \"constant\" value: 0.2 } }");
        layer(relu, "ReLU", name, name);
    }

    void pool(const std::string& name, const std::string& bottom, const char* method, int kernel, int stride,
              int pad = 0) {
        layer(name, "Pooling", bottom, name,
              std::string("pooling_param { pool: ") + method + " kernel_size: " + std::to_string(kernel) +
                  " stride: " + std::to_string(stride) + " pad: " + std::to_string(pad) + " }");
    }

    void fc(const std::string& name, const std::string& bottom, int outputs) {
        layer(name, "InnerProduct", bottom, name,
              "inner_product_param { num_output: " + std::to_string(outputs) +
                  " weight_filler { type: \"xavier\" } }");
    }

    void dropout(const std::string& name, const std::string& value, const char* ratio) {
        layer(name, "Dropout", value, value, std::string("dropout_param { dropout_ratio: ") + ratio + " }");
    }

    void lrn(const std::string& name, const std::string& bottom) {
        layer(name, "LRN", bottom, name, "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }");
    }

    // Probabilities, or a loss and accuracies.
    void end(const std::string& name, const std::string& bottom, const char* weight = "1") {
        if (head_ != Head::train_val) return layer("prob", "Softmax", bottom, "prob");
        layer(name, "SoftmaxWithLoss", bottom + " label", name, std::string("loss_weight: ") + weight);
        for (const char* top : {"1", "5"})
            layer(name + "/top-" + top, "Accuracy", bottom + " label", name + "/top-" + top,
                  std::string("include { phase: TEST } accuracy_param { top_k: ") + top + " }");
    }

    bool trains() const { return head_ == Head::train_val; }
    std::string take() { return std::move(text_); }

   private:
    static std::string old_name(const std::string& type) {
        for (const auto& [now, old] :
             std::initializer_list<std::pair<const char*, const char*>>{{"Convolution", "CONVOLUTION"},
                                                                        {"ReLU", "RELU"},
                                                                        {"Pooling", "POOLING"},
                                                                        {"InnerProduct", "INNER_PRODUCT"},
                                                                        {"Dropout", "DROPOUT"},
                                                                        {"Softmax", "SOFTMAX"},
                                                                        {"SoftmaxWithLoss", "SOFTMAX_LOSS"},
                                                                        {"Accuracy", "ACCURACY"},
                                                                        {"MemoryData", "MEMORY_DATA"},
                                                                        {"Data", "DATA"}})
            if (type == now) return old;
        return type;
    }

    Head head_;
    Syntax syntax_;
    std::string text_;
};

/// Channels of an inception module's branches.
struct Inception {
    const char* name;
    int one, three_reduce, three, five_reduce, five, projection;
};

std::string add_inception(Text& text, const Inception& i, const std::string& bottom) {
    const std::string at = std::string("inception_") + i.name + "/";
    text.conv(at + "1x1", bottom, i.one, 1, 1, 0, at + "relu_1x1");
    text.conv(at + "3x3_reduce", bottom, i.three_reduce, 1, 1, 0, at + "relu_3x3_reduce");
    text.conv(at + "3x3", at + "3x3_reduce", i.three, 3, 1, 1, at + "relu_3x3");
    text.conv(at + "5x5_reduce", bottom, i.five_reduce, 1, 1, 0, at + "relu_5x5_reduce");
    text.conv(at + "5x5", at + "5x5_reduce", i.five, 5, 1, 2, at + "relu_5x5");
    text.pool(at + "pool", bottom, "MAX", 3, 1, 1);
    text.conv(at + "pool_proj", at + "pool", i.projection, 1, 1, 0, at + "relu_pool_proj");
    text.layer(at + "output", "Concat", at + "1x1 " + at + "3x3 " + at + "5x5 " + at + "pool_proj",
               at + "output");
    return at + "output";
}

void add_auxiliary(Text& text, const std::string& name, const std::string& bottom) {
    text.pool(name + "/ave_pool", bottom, "AVE", 5, 3);
    text.conv(name + "/conv", name + "/ave_pool", 128, 1, 1, 0, name + "/relu_conv");
    text.fc(name + "/fc", name + "/conv", 1024);
    text.layer(name + "/relu_fc", "ReLU", name + "/fc", name + "/fc");
    text.dropout(name + "/drop_fc", name + "/fc", "0.7");
    text.fc(name + "/classifier", name + "/fc", 1000);
    text.end(name + "/loss", name + "/classifier", "0.3");
}

}  // namespace

std::string vgg16(Head head, Syntax syntax, int thinner) {
    Text text("VGG_ILSVRC_16_layers", head, syntax, 224);
    std::string last = "data";
    int block = 0;
    for (const auto& [convolutions, channels] :
         {std::pair{2, 64}, std::pair{2, 128}, std::pair{3, 256}, std::pair{3, 512}, std::pair{3, 512}}) {
        ++block;
        for (int i = 1; i <= convolutions; ++i) {
            const std::string at = std::to_string(block) + "_" + std::to_string(i);
            text.conv("conv" + at, last, channels / thinner, 3, 1, 1, "relu" + at);
            last = "conv" + at;
        }
        text.pool("pool" + std::to_string(block), last, "MAX", 2, 2);
        last = "pool" + std::to_string(block);
    }
    for (const char* number : {"6", "7"}) {
        const std::string name = std::string("fc") + number;
        text.fc(name, last, 4096 / thinner / thinner);
        text.layer(std::string("relu") + number, "ReLU", name, name);
        text.dropout(std::string("drop") + number, name, "0.5");
        last = name;
    }
    text.fc("fc8", last, 1000);
    text.end("loss", "fc8");
    return text.take();
}

std::string googlenet(Head head) {
    Text text("GoogleNet", head, Syntax::now, 224);
    text.conv("conv1/7x7_s2", "data", 64, 7, 2, 3, "conv1/relu_7x7");
    text.pool("pool1/3x3_s2", "conv1/7x7_s2", "MAX", 3, 2);
    text.lrn("pool1/norm1", "pool1/3x3_s2");
    text.conv("conv2/3x3_reduce", "pool1/norm1", 64, 1, 1, 0, "conv2/relu_3x3_reduce");
    text.conv("conv2/3x3", "conv2/3x3_reduce", 192, 3, 1, 1, "conv2/relu_3x3");
    text.lrn("conv2/norm2", "conv2/3x3");
    text.pool("pool2/3x3_s2", "conv2/norm2", "MAX", 3, 2);
    std::string last = "pool2/3x3_s2";
    for (const Inception& inception :
         {Inception{"3a", 64, 96, 128, 16, 32, 32}, Inception{"3b", 128, 128, 192, 32, 96, 64},
          Inception{"4a", 192, 96, 208, 16, 48, 64}, Inception{"4b", 160, 112, 224, 24, 64, 64},
          Inception{"4c", 128, 128, 256, 24, 64, 64}, Inception{"4d", 112, 144, 288, 32, 64, 64},
          Inception{"4e", 256, 160, 320, 32, 128, 128}, Inception{"5a", 256, 160, 320, 32, 128, 128},
          Inception{"5b", 384, 192, 384, 48, 128, 128}}) {
        last = add_inception(text, inception, last);
        const std::string name = inception.name;
        if (text.trains() && name == "4a") add_auxiliary(text, "loss1", last);
        if (text.trains() && name == "4d") add_auxiliary(text, "loss2", last);
        if (name != "3b" && name != "4e") continue;
        text.pool(name == "3b" ? "pool3/3x3_s2" : "pool4/3x3_s2", last, "MAX", 3, 2);
        last = name == "3b" ? "pool3/3x3_s2" : "pool4/3x3_s2";
    }
    text.pool("pool5/7x7_s1", last, "AVE", 7, 1);
    text.dropout("pool5/drop_7x7_s1", "pool5/7x7_s1", "0.4");
    text.fc("loss3/classifier", "pool5/7x7_s1", 1000);
    text.end("loss3/loss3", "loss3/classifier");
    return text.take();
}

std::string resnet_beginning() {
    return R"(name: "ResNet-50"
input: "data"
input_dim: 1 input_dim: 3 input_dim: 224 input_dim: 224
layer { bottom: "data" top: "conv1" name: "conv1" type: "Convolution"
  convolution_param { num_output: 64 kernel_size: 7 pad: 3 stride: 2 } }
layer { bottom: "conv1" top: "conv1" name: "bn_conv1" type: "BatchNorm"
  batch_norm_param { use_global_stats: true } }
layer { bottom: "conv1" top: "conv1" name: "scale_conv1" type: "Scale" scale_param { bias_term: true } }
layer { bottom: "conv1" top: "conv1" name: "conv1_relu" type: "ReLU" }
layer { bottom: "conv1" top: "pool1" name: "pool1" type: "Pooling"
  pooling_param { kernel_size: 3 stride: 2 pool: MAX } }
layer { bottom: "pool1" top: "res2a_branch1" name: "res2a_branch1" type: "Convolution"
  convolution_param { num_output: 64 kernel_size: 1 bias_term: false } }
layer { bottom: "res2a_branch1" bottom: "pool1" top: "res2a" name: "res2a" type: "Eltwise" }
layer { bottom: "res2a" top: "prob" name: "prob" type: "Softmax" }
)";
}

}  // namespace emulsion::test
