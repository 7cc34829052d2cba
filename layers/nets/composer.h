// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A pen for writing nets: one call a layer, each reading what the last one made. It keeps the files
// beside it as short as the tables in the papers.
#pragma once

#include <emulsion/netdef.h>

#include <string>
#include <vector>

namespace emulsion::nets {

Filler constant(double value);
Filler gaussian(double deviation);
Filler xavier();
Filler msra();
/// Between -bound and +bound.
Filler uniform(double bound);

/// What Caffe's ImageNet nets expect: squashed to 256x256, the centre `crop` x `crop` taken, BGR less
/// the training set's mean colour.
Preprocessing caffe_photos(int crop);

/// Multipliers of the solver's rate and decay, for the weights and biases of a layer.
struct Rates {
    double weight = 1, weight_decay = 1, bias = 1, bias_decay = 1;
};
/// Caffe's custom: biases learn twice as fast and do not decay.
inline constexpr Rates caffe_rates{.weight = 1, .weight_decay = 1, .bias = 2, .bias_decay = 0};

struct Window {
    int outputs = 1, kernel = 1, stride = 1, pad = 0, groups = 1;
};

class Composer {
   public:
    /// The net's input has the size to which its photos are cropped.
    Composer(std::string name, const Preprocessing&);

    /// Rates of the layers that follow.
    void rates(const Rates& rates) { rates_ = rates; }
    /// The next layer reads this value instead of the last one made.
    void from(const std::string& value) { last_ = value; }

    void conv(const std::string& name, const Window&, const Filler& weights, const Filler& bias);
    void fc(const std::string& name, int outputs, const Filler& weights, const Filler& bias);
    void relu(const std::string& name);
    /// Krizhevsky's LRN: 5 channels, alpha 1e-4, beta 0.75.
    void lrn(const std::string& name);
    /// Krizhevsky's overlapping pooling: windows of 3 at steps of 2.
    void max_pool(const std::string& name, const std::string& round = "up");
    void global_average(const std::string& name);
    void dropout(const std::string& name, double ratio);
    void concat(const std::string& name, const std::vector<std::string>& values);

    /// Closes the net with softmax "prob". The Composer is empty afterwards.
    NetDef finish(std::vector<std::string> classes = {});

   private:
    void add(const std::string& name, const std::string& type, Attributes attributes = {});
    void add_weighted(const std::string& name, const std::string& type, Attributes attributes,
                      const Filler& weights, const Filler& bias);

    NetDef net_;
    Rates rates_;
    std::string last_ = "data";
};

}  // namespace emulsion::nets
