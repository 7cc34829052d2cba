// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/snapshot.h"

#include <charconv>
#include <cstring>
#include <string_view>

#include "emulsion/error.h"
#include "emulsion/safetensors.h"
#include "engine/checksum.h"

namespace emulsion {
namespace {

constexpr const char* version = "1";
constexpr std::string_view extra_prefix = "extra.";

std::string digits(double value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

void add_tensors(std::vector<FileTensor>& tensors, const std::string& prefix, const std::vector<float>& flat,
                 const std::vector<Parameter>& parameters, const FlatLayout& layout) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const std::span<const float> values(flat.data() + layout.offsets[i],
                                            static_cast<std::size_t>(parameters[i].count()));
        tensors.push_back({prefix + parameters[i].name, "F32", parameters[i].shape, std::as_bytes(values)});
    }
}

void read_tensors(const SafetensorsFile& file, const std::string& prefix, std::vector<float>& flat,
                  const std::vector<Parameter>& parameters, const FlatLayout& layout) {
    flat.assign(static_cast<std::size_t>(layout.count), 0.0F);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const FileTensor* tensor = file.find(prefix + parameters[i].name);
        if (tensor == nullptr || tensor->type != "F32" || tensor->shape != parameters[i].shape)
            throw Error(Error::Kind::data,
                        file.path() + ": tensor " + prefix + parameters[i].name +
                            " is missing or of another shape: this snapshot is of another net");
        std::memcpy(flat.data() + layout.offsets[i], tensor->data.data(), tensor->data.size());
    }
}

const std::string& text(const SafetensorsFile& file, const std::string& key) {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end())
        throw Error(Error::Kind::data, file.path() + ": is not a snapshot (it has no \"" + key + "\")");
    return found->second;
}

template <class Number>
Number number(const SafetensorsFile& file, const std::string& key) {
    const std::string& from = text(file, key);
    Number value{};
    const auto [stop, error] = std::from_chars(from.data(), from.data() + from.size(), value);
    if (error != std::errc{} || stop != from.data() + from.size())
        throw Error(Error::Kind::data, file.path() + ": \"" + key + "\" is not a number");
    return value;
}

}  // namespace

std::string describe(const SolverConfig& s) {
    std::string steps;
    for (const std::int64_t at : s.steps_at) steps += (steps.empty() ? "" : ",") + std::to_string(at);
    return std::string("policy ") + name(s.policy) + ", rate " + digits(s.base_rate) + ", gamma " +
           digits(s.gamma) + ", power " + digits(s.power) + ", step " + std::to_string(s.step_size) +
           ", steps [" + steps + "], iterations " + std::to_string(s.iterations) + ", momentum " +
           digits(s.momentum) + ", decay " + digits(s.weight_decay) + (s.l1 ? " L1" : " L2") +
           ", iter_size " + std::to_string(s.iter_size) + ", clip " + digits(s.clip_gradients);
}

void write_snapshot(const std::string& path, const Snapshot& snapshot,
                    const std::vector<Parameter>& parameters, const FlatLayout& layout) {
    std::map<std::string, std::string> metadata{{"emulsion.snapshot", version},
                                                {"emulsion.net", snapshot.net},
                                                {"solver", snapshot.solver},
                                                {"signature", snapshot.signature},
                                                {"iteration", std::to_string(snapshot.iteration)},
                                                {"seed", std::to_string(snapshot.seed)}};
    for (const auto& [key, value] : snapshot.extra) metadata[std::string(extra_prefix) + key] = value;
    std::vector<FileTensor> tensors;
    add_tensors(tensors, "weight/", snapshot.weights, parameters, layout);
    add_tensors(tensors, "momentum/", snapshot.momentum, parameters, layout);
    metadata[checksum_key] = checksum_of(metadata, tensors);
    write_safetensors(path, metadata, tensors);
}

Snapshot read_snapshot(const std::string& path, const std::vector<Parameter>& parameters,
                       const FlatLayout& layout) {
    const auto file = SafetensorsFile::open(path);
    if (text(*file, "emulsion.snapshot") != version)
        throw Error(Error::Kind::data, path + ": is a snapshot of another version of Emulsion");
    if (!verify_checksum(*file))
        throw Error(Error::Kind::data, path + ": is a snapshot without its checksum");
    Snapshot snapshot;
    snapshot.net = text(*file, "emulsion.net");
    snapshot.solver = text(*file, "solver");
    snapshot.signature = text(*file, "signature");
    snapshot.iteration = number<std::int64_t>(*file, "iteration");
    snapshot.seed = number<std::uint64_t>(*file, "seed");
    for (const auto& [key, value] : file->metadata())
        if (key.starts_with(extra_prefix)) snapshot.extra[key.substr(extra_prefix.size())] = value;
    read_tensors(*file, "weight/", snapshot.weights, parameters, layout);
    read_tensors(*file, "momentum/", snapshot.momentum, parameters, layout);
    return snapshot;
}

}  // namespace emulsion
