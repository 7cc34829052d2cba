// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Models for the tests of `convert`, and what they compute, value by value.
#pragma once

#include <emulsion/emulsion.h>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace emulsion::test {

/// Weights from the fillers; biases at random, as fillers make them all alike and nobody would notice two
/// that changed places.
std::shared_ptr<const Model> random_model(const NetDef&, std::uint64_t seed = 7);

/// A small net of every kind of layer that all formats have: two convolutions, LRN, ReLU, pool, fully
/// connected, for photos of 20x20 and 3 classes.
NetDef small_net();

/// Prepared inputs, as a net with means subtracted sees them, and as a safetensors file with "data".
std::vector<float> random_inputs(const NetDef&, int batch, float largest = 120);
void save_inputs(const std::string& path, const NetDef&, int batch, std::span<const float>);

using Values = std::map<std::string, std::vector<float>>;
/// Every value of a net but those of dropout, by name; nothing is fused.
Values values_of(const std::shared_ptr<const Model>&, std::span<const float> inputs, int batch);
/// The outputs as users get them, everything fused.
std::vector<float> outputs_of(const std::shared_ptr<const Model>&, std::span<const float> inputs, int batch);
/// The tensors of a safetensors file.
Values values_in(const std::string& path);

/// Two fp32 programs: each layer errs by some 1e-6 of its largest value, and hands on the error of the layers
/// before it. A wrong weight or window shows in the first digits.
inline constexpr double witness_tolerance = 1e-4;

/// Fails the test unless all numbers agree to `tolerance` of the largest expected; answers the largest
/// difference as a part of it.
double expect_close(std::span<const float> found, std::span<const float> expected, double tolerance,
                    const std::string& what);

/// Holds every layer of a model but dropout, unfused, and the outputs, fused, against what another program
/// made of each; by the layer's name, or its value's. Prints the largest difference.
void expect_same_values(const std::shared_ptr<const Model>&, std::span<const float> inputs, int batch,
                        const Values& witnessed);

/// Whether two models have the same parameters, to the bit.
void expect_same_weights(const Model& found, const Model& expected);

}  // namespace emulsion::test
