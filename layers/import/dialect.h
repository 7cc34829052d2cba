// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The nets that people own weights of, and how each names its tensors. Three different nets are called
// AlexNet; an importer must tell them apart.
#pragma once

#include <emulsion/netdef.h>

#include <span>
#include <string>
#include <vector>

#include "engine/formats/imported.h"

namespace emulsion {

struct Dialect {
    const char* net;    ///< its name for compose()
    const char* title;  ///< "BVLC AlexNet"
};
std::span<const Dialect> dialects();

/// The dialect whose structure a net has; null if it is none.
const Dialect* find_dialect(const NetDef&);
/// The dialects whose tensors these are, by names and sizes, for files that hold no net. BVLC AlexNet and
/// CaffeNet have the same tensors.
std::vector<const Dialect*> find_dialects(std::span<const formats::ForeignTensor>);

/// torchvision calls AlexNet's tensors features.0.weight, ..., classifier.6.bias; here they are conv1.weight,
/// ..., fc8.bias. Names of others, and prefixes such as "module.", are left as they are.
std::string plain_name(const std::string& torch_name);
std::string torch_name(const std::string& plain_name);

}  // namespace emulsion
