// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/emulator/mutants.h"

#include <cstdlib>
#include <string_view>

namespace emulsion::kernels::emulated {
namespace {

std::string_view named() {
    const char* const value = std::getenv("EMULSION_MUTANT");
    return value != nullptr ? value : "";
}

int line_of(std::string_view name) {
    const auto colon = name.rfind(':');
    return colon == std::string_view::npos ? -1 : std::atoi(name.data() + colon + 1);
}

}  // namespace

int mutant_line = line_of(named());

bool names_mutant(Place place) {
    const std::string_view name = named(), path = place.file;
    const std::string_view file = name.substr(0, name.rfind(':'));
    if (!path.ends_with(file)) return false;
    return path.size() == file.size() || path[path.size() - file.size() - 1] == '/';
}

}  // namespace emulsion::kernels::emulated
