// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Native model files: safetensors whose metadata holds the net.
//
//   emulsion.format          "1"
//   emulsion.net             the NetDef, preprocessing included, as JSON
//   emulsion.provenance.KEY  free text
//   emulsion.golden          optional: the outputs for the built-in photo, separated by blanks
//   emulsion.checksum        of all other metadata and all tensors
//   tensors                  one F32 a parameter, by its name; optionally preprocessing.mean_image
#include <emulsion/error.h>
#include <emulsion/model.h>
#include <emulsion/safetensors.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include "engine/checksum.h"
#include "engine/json.h"
#include "layers/findings.h"
#include "layers/weight_buffer.h"

namespace emulsion {
namespace {

constexpr const char* format_key = "emulsion.format";
constexpr const char* format_version = "1";
constexpr const char* net_key = "emulsion.net";
constexpr const char* golden_key = "emulsion.golden";
constexpr const char* provenance_prefix = "emulsion.provenance.";
constexpr const char* mean_image_name = "preprocessing.mean_image";
constexpr const char* float_type = "F32";
constexpr std::size_t view_alignment = 16;  // what a vector load may take for granted

using Metadata = std::map<std::string, std::string>;

// A message is one line, whatever the names in the file hold.
[[noreturn]] void fail(const std::string& path, std::string message, Error::Kind kind = Error::Kind::data) {
    std::ranges::replace_if(
        message, [](unsigned char c) { return c < ' '; }, ' ');
    throw Error(kind, path + ": " + message);
}

std::vector<std::int64_t> mean_image_shape(const Preprocessing& p) {
    return {3, p.height, p.width};
}

// A NaN in a mean or a multiplier would poison every score or every update, far from its cause.
void check_finite(const NetDef& net, const std::string& path) {
    const auto finite = [](auto value) { return std::isfinite(value); };
    const Preprocessing& p = net.preprocessing;
    if (!all_finite(p.mean_image)) fail(path, "its mean image has a number that is not finite");
    if (!std::ranges::all_of(p.mean, finite) || !std::ranges::all_of(p.scale, finite))
        fail(path, "its preprocessing has a mean or a scale that is not finite");
    for (const LayerDef& layer : net.layers)
        for (const ParamDef& param : layer.params)
            if (!finite(param.rate_mult) || !finite(param.decay_mult))
                fail(path, "layer " + layer.name + ": a multiplier of " + param.name + " is not finite");
}

NetDef read_net(const SafetensorsFile& file) {
    const Metadata& metadata = file.metadata();
    const auto net = metadata.find(net_key);
    if (net == metadata.end())
        fail(file.path(), "it holds tensors but no net (no " + std::string(net_key) +
                              " in its metadata); convert it to a model of Emulsion's first");
    const auto format = metadata.find(format_key);
    if (format == metadata.end() || format->second != format_version)
        fail(file.path(), "its format is " +
                              (format == metadata.end() ? "not stated" : "'" + format->second + "'") +
                              "; this version of Emulsion reads format " + format_version);
    return net_from_json(net->second, file.path() + ": " + net_key);
}

// The parameters, with the file's name in the errors of a net that is unsound.
std::vector<Parameter> declared_parameters(const NetDef& net, const LayerFactory& factory,
                                           const std::string& path) {
    try {
        return parameters_of(net, factory);
    } catch (const Error& e) {
        fail(path, e.what(), e.kind());
    }
}

/// A tensor that the file must hold.
struct Wanted {
    std::string name;
    std::vector<std::int64_t> shape;
};

void check_tensors(const SafetensorsFile& file, const std::vector<Wanted>& wanted) {
    Findings findings;
    std::set<std::string> known;
    for (const auto& [name, shape] : wanted) {
        known.insert(name);
        const FileTensor* tensor = file.find(name);
        if (tensor == nullptr)
            findings.add(name + " is missing");
        else if (tensor->type != float_type)
            findings.add(name + " is of type " + tensor->type + " and should be " + float_type);
        else if (tensor->shape != shape)
            findings.add(name + " is " + describe_shape(tensor->shape) + " and should be " +
                         describe_shape(shape));
    }
    for (const FileTensor& tensor : file.tensors())
        if (!known.contains(tensor.name)) findings.add(tensor.name + " is left over");
    if (!findings.none()) fail(file.path(), "its tensors do not fit its net: " + findings.text());
}

std::vector<float> copy_floats(const FileTensor& tensor) {
    std::vector<float> values(tensor.data.size() / sizeof(float));
    std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
    return values;
}

bool can_be_viewed(const FileTensor& tensor) {
    return reinterpret_cast<std::uintptr_t>(tensor.data.data()) % view_alignment == 0;
}

/// Weights where they lie in the mapped file, or copies of those that lie badly.
struct FileWeights {
    std::vector<std::span<const float>> spans;
    std::shared_ptr<const void> owner;
};

FileWeights view_weights(const std::shared_ptr<const SafetensorsFile>& file,
                         const std::vector<Parameter>& parameters) {
    std::size_t to_copy = 0;
    for (const Parameter& p : parameters)
        if (!can_be_viewed(*file->find(p.name))) to_copy += WeightBuffer::padded(p.count());

    struct Owner {
        std::shared_ptr<const SafetensorsFile> file;
        WeightBuffer copies;
    };
    const auto owner = std::make_shared<Owner>(Owner{file, WeightBuffer(to_copy)});
    FileWeights weights{{}, owner};
    for (const Parameter& p : parameters) {
        const FileTensor& tensor = *file->find(p.name);
        if (can_be_viewed(tensor)) {
            weights.spans.emplace_back(reinterpret_cast<const float*>(tensor.data.data()),
                                       static_cast<std::size_t>(p.count()));
        } else {
            const std::span<float> copy = owner->copies.cut(p.count());
            std::memcpy(copy.data(), tensor.data.data(), tensor.data.size());
            weights.spans.push_back(copy);
        }
    }
    return weights;
}

Metadata read_provenance(const Metadata& metadata) {
    const std::string prefix = provenance_prefix;
    Metadata provenance;
    for (const auto& [key, text] : metadata)
        if (key.starts_with(prefix)) provenance[key.substr(prefix.size())] = text;
    return provenance;
}

Metadata metadata_of(const Model& model) {
    Metadata metadata = {{format_key, format_version}, {net_key, to_json(model.net())}};
    for (const auto& [key, text] : model.provenance()) metadata[provenance_prefix + key] = text;
    return metadata;
}

// Other programs write none. Damage to a file's header must not look like that: a key that is half the
// checksum's was the checksum's.
void check_has_no_checksum(const SafetensorsFile& file) {
    const auto is_known = [](const std::string& key) {
        return key == format_key || key == net_key || key == golden_key || key.starts_with(provenance_prefix);
    };
    for (const auto& [key, text] : file.metadata())
        if (!is_known(key) && (key.starts_with("emulsion") || key.ends_with("checksum")))
            fail(file.path(), "it has no checksum, but '" + json::printable(key) +
                                  "', which means nothing here: it is damaged");
}

// The fewest digits that bring a float back to the bit, whatever the locale.
std::string write_golden(std::span<const float> outputs) {
    std::string text;
    std::array<char, 32> number;
    for (const float output : outputs) {
        const auto end = std::to_chars(number.data(), number.data() + number.size(), output).ptr;
        text.append(text.empty() ? "" : " ").append(number.data(), end);
    }
    return text;
}

/// None if there is anything but finite numbers.
std::optional<std::vector<float>> read_golden(const std::string& text) {
    std::vector<float> outputs;
    const char *at = text.data(), *const end = at + text.size();
    while (at != end) {
        float value = 0;
        const auto [rest, error] = std::from_chars(at, end, value);
        const bool ends_here = rest == end || *rest == ' ';
        if (error != std::errc() || !ends_here || !std::isfinite(value)) return {};
        outputs.push_back(value);
        at = rest == end ? end : rest + 1;
    }
    return outputs;
}

// Two machines round sums of up to ten thousand terms differently, by some 1e-6 of the largest output after
// a dozen layers; a wrong weight or a wrong formula shows in the first digits.
void check_golden(const Model& model, const std::string& text, const std::string& path) {
    constexpr float tolerance = 1e-4F;
    const auto expected = read_golden(text);
    if (!expected) fail(path, "its golden outputs are not all finite numbers: the file is damaged");
    const std::vector<float> computed = golden_outputs(model);
    if (computed.empty()) fail(path, "it has golden outputs, and one photo takes too much to check them");
    if (expected->size() != computed.size())
        fail(path, "it has " + std::to_string(expected->size()) + " golden outputs for a net of " +
                       std::to_string(computed.size()) + ": the file is damaged");
    float largest = 0;
    for (const float value : *expected) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < computed.size(); ++i) {
        const float off = std::abs((*expected)[i] - computed[i]);
        if (!(off <= tolerance * largest))  // NaN is a difference
            fail(path,
                 "the net does not compute what it did when the file was written (golden outputs differ by " +
                     std::to_string(off) + "): the file is damaged");
    }
}

std::shared_ptr<const Model> load(const std::shared_ptr<const SafetensorsFile>& file,
                                  const LayerFactory& factory) {
    const std::string& path = file->path();
    NetDef net = read_net(*file);
    Preprocessing& photos = net.preprocessing;
    // The JSON only says whether there is a mean image.
    const bool has_mean_image = !std::exchange(photos.mean_image, {}).empty();

    const std::vector<Parameter> parameters = declared_parameters(net, factory, path);
    std::vector<Wanted> wanted;
    for (const Parameter& p : parameters) wanted.push_back({p.name, p.shape});
    if (has_mean_image) wanted.push_back({mean_image_name, mean_image_shape(photos)});
    check_tensors(*file, wanted);
    if (has_mean_image) photos.mean_image = copy_floats(*file->find(mean_image_name));
    check_finite(net, path);

    if (!verify_checksum(*file)) check_has_no_checksum(*file);
    FileWeights weights = view_weights(file, parameters);
    auto model = std::make_shared<Model>(std::move(net), factory, std::move(weights.spans),
                                         std::move(weights.owner), read_provenance(file->metadata()));
    const auto golden = file->metadata().find(golden_key);
    if (golden != file->metadata().end()) check_golden(*model, golden->second, path);
    return model;
}

}  // namespace

std::shared_ptr<const Model> load(const std::string& path, const LayerFactory& factory) {
    return load(SafetensorsFile::open(path), factory);
}

std::shared_ptr<const Model> load(std::span<const std::byte> file, const std::string& name,
                                  const LayerFactory& factory) {
    return load(SafetensorsFile::view(file, name), factory);
}

void save(const Model& model, const std::string& path, std::span<const float> golden) {
    check_finite(model.net(), path);
    std::vector<FileTensor> tensors;
    for (std::size_t i = 0; i < model.parameters().size(); ++i) {
        const Parameter& p = model.parameters()[i];
        tensors.push_back({p.name, float_type, p.shape, std::as_bytes(model.weights(i))});
    }
    const Preprocessing& photos = model.net().preprocessing;
    const std::span<const float> image = photos.mean_image;
    if (!image.empty()) {
        const auto shape = mean_image_shape(photos);
        if (static_cast<std::int64_t>(image.size()) != shape[0] * shape[1] * shape[2])
            fail(path, "not saved: a mean image of " + std::to_string(image.size()) + " numbers is not " +
                           describe_shape(shape));
        tensors.push_back({mean_image_name, float_type, shape, std::as_bytes(image)});
    }
    Metadata metadata = metadata_of(model);
    if (!golden.empty()) metadata[golden_key] = write_golden(golden);
    metadata[checksum_key] = checksum_of(metadata, tensors);
    write_safetensors(path, metadata, tensors);
}

}  // namespace emulsion
