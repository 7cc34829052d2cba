// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "layers/import/dialect.h"

#include <emulsion/import.h>
#include <emulsion/model.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "layers/import/structure.h"

namespace emulsion {
namespace {

constexpr std::array<Dialect, 6> known = {{
    {"alexnet", "BVLC AlexNet"},
    {"caffenet", "CaffeNet"},
    {"alexnet-torchvision", "torchvision's AlexNet"},
    {"photo", "the paper's net"},
    {"squeezenet", "SqueezeNet 1.0"},
    {"photo-mini", "photo-mini"},
}};

// Places in torchvision's Sequentials, counting ReLUs, pools and dropout.
constexpr std::array<std::pair<const char*, const char*>, 8> torch_names = {{
    {"features.0", "conv1"},
    {"features.3", "conv2"},
    {"features.6", "conv3"},
    {"features.8", "conv4"},
    {"features.10", "conv5"},
    {"classifier.1", "fc6"},
    {"classifier.4", "fc7"},
    {"classifier.6", "fc8"},
}};

bool same_input(const NetDef& a, const NetDef& b) {
    return a.channels == b.channels && a.height == b.height && a.width == b.width;
}

bool fits(const Dialect& dialect, std::span<const formats::ForeignTensor> tensors) {
    std::map<std::string, std::int64_t> counts;
    for (const Parameter& p : parameters_of(compose(dialect.net))) counts[p.name] = p.count();
    if (counts.size() != tensors.size()) return false;
    return std::ranges::all_of(tensors, [&](const formats::ForeignTensor& tensor) {
        const auto found = counts.find(plain_name(tensor.name));
        return found != counts.end() && found->second == static_cast<std::int64_t>(tensor.values.size());
    });
}

}  // namespace

std::span<const Dialect> dialects() {
    return known;
}

const Dialect* find_dialect(const NetDef& net) {
    const auto structure = structure_of(net);
    for (const Dialect& dialect : known) {
        const NetDef candidate = compose(dialect.net);
        if (same_input(candidate, net) && structure_of(candidate) == structure) return &dialect;
    }
    return nullptr;
}

std::vector<const Dialect*> find_dialects(std::span<const formats::ForeignTensor> tensors) {
    std::vector<const Dialect*> found;
    for (const Dialect& dialect : known) {
        if (fits(dialect, tensors)) found.push_back(&dialect);
    }
    return found;
}

std::string plain_name(const std::string& torch_name) {
    for (const auto& [theirs, ours] : torch_names) {
        const std::string prefix = std::string(theirs) + ".";
        if (torch_name.starts_with(prefix)) return ours + torch_name.substr(prefix.size() - 1);
    }
    return torch_name;
}

std::string torch_name(const std::string& plain_name) {
    for (const auto& [theirs, ours] : torch_names) {
        const std::string prefix = std::string(ours) + ".";
        if (plain_name.starts_with(prefix)) return theirs + plain_name.substr(prefix.size() - 1);
    }
    return plain_name;
}

std::string dialect_of(const NetDef& net) {
    const Dialect* dialect = find_dialect(net);
    return dialect == nullptr ? "" : dialect->title;
}

}  // namespace emulsion
