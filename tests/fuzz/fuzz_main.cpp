// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// libFuzzer's way into one target, which the build names.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "tests/fuzz/support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace emulsion::fuzz;
    static const Target& target =
        *std::find_if(std::begin(targets), std::end(targets),
                      [](const Target& each) { return each.name == std::string_view(EMULSION_FUZZ_TARGET); });
    accepts(target, std::as_bytes(std::span(data, size)));
    return 0;
}
