// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Where an imported model comes from, as its native file will say.
#pragma once

#include <emulsion/import.h>

#include <map>
#include <string>

namespace emulsion {

/// What the source file itself says of its origin, and by the keys imported_...: the weights' file, the net's
/// and the mean's, each "NAME, N bytes, sha256 HEX" (a net by name: the name); the format, the dialect, what
/// was ignored and assumed, and which parameters are not of the file.
std::map<std::string, std::string> origin_of(const std::string& weights, const ImportOptions&,
                                             const ImportReport&,
                                             const std::map<std::string, std::string>& stated);

}  // namespace emulsion
