// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Deep Compression (Han et al. 2016): the weights of a layer that were not pruned, each as a byte that
// chooses one of 256 shared values, and the gaps between them in 4 bits. The file, little-endian:
//
//   u32 stored[layers]     entries of each convolution, in the order of the net
//   then, once a convolution:
//     f32 codebook[256]    codebook[0] is 0: an entry of code 0 only bridges a gap of more than 15
//     f32 bias[outputs]
//     u8 code[stored]
//     u8 gaps[(stored + 1) / 2]   weights between an entry and the one before; low nibble first
#include "engine/formats/deep_compression.h"

#include <emulsion/model.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "engine/formats/readers.h"
#include "engine/json.h"

namespace emulsion::formats {
namespace {

constexpr std::size_t codes = 256;

/// A convolution of the net and what the file stores of it.
struct Layer {
    std::string name;
    std::vector<std::int64_t> weight_shape, bias_shape;
    std::uint64_t weights = 0, biases = 0, stored = 0;

    std::uint64_t gap_bytes() const { return stored / 2 + stored % 2; }
    std::uint64_t bytes() const { return (codes + biases) * sizeof(float) + stored + gap_bytes(); }
};

[[noreturn]] void fail(const FileBytes& file, const Layer& layer, const std::string& what) {
    throw Error(Error::Kind::data, file.path + ": layer " + json::printable(layer.name) + ": " + what);
}

std::vector<Layer> convolutions(const FileBytes& file, const NetDef& net, const LayerFactory& factory) {
    std::vector<Layer> layers;
    const std::vector<Parameter> parameters = parameters_of(net, factory);
    const auto find = [&](const std::string& name) {
        return std::find_if(parameters.begin(), parameters.end(),
                            [&](const auto& p) { return p.name == name; });
    };
    for (const LayerDef& def : net.layers) {
        if (def.type != "conv") continue;
        Layer layer;
        layer.name = def.name;
        const auto weight = find(def.name + ".weight"), bias = find(def.name + ".bias");
        if (bias == parameters.end())
            fail(file, layer, "it has no bias, and the file stores one for each layer");
        layer.weight_shape = weight->shape;
        layer.bias_shape = bias->shape;
        layer.weights = static_cast<std::uint64_t>(weight->count());
        layer.biases = static_cast<std::uint64_t>(bias->count());
        layers.push_back(std::move(layer));
    }
    if (layers.empty())
        throw Error(Error::Kind::data, file.path + ": net " + net.name + " has no convolution");
    return layers;
}

/// The counts at the file's start, held against the net and the size of the file: nothing else is
/// looked at, and no memory taken, unless they fit.
void read_counts(ByteReader& reader, const FileBytes& file, std::vector<Layer>& layers) {
    // A weight that was pruned takes no room, but no net was ever pruned to one in hundreds.
    constexpr std::uint64_t most_weights_a_byte = 64;
    std::uint64_t due = 0, room = most_weights_a_byte * file.bytes.size();
    for (Layer& layer : layers) {
        if (layer.weights > room)
            fail(file, layer,
                 "the net has " + std::to_string(layer.weights) + " weights, which no file of " +
                     std::to_string(file.bytes.size()) + " bytes holds; is it of another net?");
        room -= layer.weights;
        layer.stored =
            reader.take<std::uint32_t>("the counts of " + std::to_string(layers.size()) + " layers");
        if (layer.stored > layer.weights) {
            fail(file, layer,
                 "the file stores " + std::to_string(layer.stored) + " weights and the net has " +
                     std::to_string(layer.weights) + "; is it of another net?");
        }
        due += layer.bytes();
    }
    if (due == reader.left()) return;
    std::uint64_t left = reader.left();
    for (const Layer& layer : layers) {
        if (layer.bytes() > left) {
            fail(file, layer,
                 "cut short: it takes " + std::to_string(layer.bytes()) + " bytes where " +
                     std::to_string(left) + " are left");
        }
        left -= layer.bytes();
    }
    fail(file, layers.back(), std::to_string(left) + " bytes follow this last layer; is it of another net?");
}

template <std::size_t extent>
void read_floats(ByteReader& reader, std::span<float, extent> values, const FileBytes& file,
                 const Layer& layer, const char* what) {
    std::memcpy(values.data(), reader.take(values.size_bytes(), what).data(), values.size_bytes());
    const auto finite = [](float value) { return std::isfinite(value); };
    if (!std::all_of(values.begin(), values.end(), finite)) {
        fail(file, layer, std::string("a number in its ") + what + " is not finite");
    }
}

/// Puts each entry's value at its place, counted from the entry before.
void scatter(const FileBytes& file, const Layer& layer, std::span<const std::byte> chosen,
             std::span<const std::byte> gaps, const std::array<float, codes>& codebook,
             std::span<float> weights) {
    const auto gap = [&](std::size_t i) {
        return std::to_integer<std::size_t>(i % 2 == 0 ? gaps[i / 2] & std::byte{0xF} : gaps[i / 2] >> 4);
    };
    std::size_t next = 0;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const std::size_t at = next + gap(i);
        if (at >= weights.size()) {
            fail(file, layer,
                 "entry " + std::to_string(i) + " lies at weight " + std::to_string(at) + " of " +
                     std::to_string(weights.size()));
        }
        weights[at] = codebook[std::to_integer<std::size_t>(chosen[i])];
        next = at + 1;
    }
    if (chosen.size() % 2 != 0 && gap(chosen.size()) != 0) fail(file, layer, "a gap follows its last entry");
}

/// Weights, then biases.
std::shared_ptr<const std::vector<float>> read_layer(ByteReader& reader, const FileBytes& file,
                                                     const Layer& layer) {
    auto values = std::make_shared<std::vector<float>>(layer.weights + layer.biases);
    const std::span<float> all(*values);
    std::array<float, codes> codebook{};
    read_floats(reader, std::span(codebook), file, layer, "codebook");
    if (codebook[0] != 0) fail(file, layer, "the first value of its codebook is not 0");
    read_floats(reader, all.last(layer.biases), file, layer, "bias");
    const auto chosen = reader.take(layer.stored, "its codes");
    scatter(file, layer, chosen, reader.take(layer.gap_bytes(), "its gaps"), codebook,
            all.first(layer.weights));
    return values;
}

}  // namespace

Imported read_deep_compression(const FileBytes& file, const NetDef& net, const LayerFactory& factory) {
    std::vector<Layer> layers = convolutions(file, net, factory);
    ByteReader reader(file.bytes, file.path);
    read_counts(reader, file, layers);
    Imported imported;
    imported.format = "deep-compression";
    for (const Layer& layer : layers) {
        const auto values = read_layer(reader, file, layer);
        const std::span<const float> all(*values);
        const std::string origin = "layer " + layer.name;
        imported.tensors.push_back({layer.name + ".weight", layer.weight_shape, all.first(layer.weights),
                                    values, origin + ", codes and gaps"});
        imported.tensors.push_back(
            {layer.name + ".bias", layer.bias_shape, all.last(layer.biases), values, origin + ", bias"});
    }
    return imported;
}

Imported read_deep_compression(const std::string& path, const NetDef& net, const LayerFactory& factory) {
    return read_deep_compression(map_file(path), net, factory);
}

}  // namespace emulsion::formats
