// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "layers/nets/nets.h"

#include <emulsion/error.h>
#include <emulsion/model.h>

namespace emulsion {
namespace {

struct Entry {
    const char* name;
    NetDef (*compose)();
};

constexpr Entry entries[] = {
    {"alexnet", nets::alexnet},
    {"caffenet", nets::caffenet},
    {"alexnet-torchvision", nets::alexnet_torchvision},
    {"photo", nets::photo},
    {"photo-mini", nets::photo_mini},
    {"squeezenet", nets::squeezenet},
};

}  // namespace

NetDef compose(const std::string& name) {
    std::string known;
    for (const Entry& entry : entries) {
        if (name == entry.name) return entry.compose();
        known += (known.empty() ? "" : ", ") + std::string(entry.name);
    }
    throw Error(Error::Kind::usage, "no net is called '" + name + "'; there are " + known);
}

std::vector<std::string> net_names() {
    std::vector<std::string> names;
    for (const Entry& entry : entries) names.emplace_back(entry.name);
    return names;
}

}  // namespace emulsion
