// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/cudnn/library.h"

#include <dlfcn.h>

#include <stdexcept>

#include "kernels/library.h"

namespace emulsion::kernels::tests {
namespace {

/// Said before main: whoever opens cuDNN in this program opens the stand-in.
const bool said = [] {
    set_library_path("cudnn", EMULSION_STAND_IN);
    return true;
}();

}  // namespace

void* stand_in_symbol(const char* name) {
    // The loader keeps one copy of a file, so this is the one that kernels/cudnn opens.
    static void* const library = dlopen(EMULSION_STAND_IN, RTLD_NOW | RTLD_LOCAL);
    void* const symbol = library == nullptr ? nullptr : dlsym(library, name);
    if (symbol == nullptr) throw std::runtime_error(std::string("the stand-in has no ") + name);
    return symbol;
}

const StandInCudnn& stand_in() {
    using Function = const StandInCudnn*();
    static const StandInCudnn& only =
        *reinterpret_cast<Function*>(stand_in_symbol("emulsion_stand_in_cudnn"))();
    return only;
}

std::vector<std::string> stand_in_log(const std::string& what) {
    std::vector<std::string> lines;
    for (long i = 0; i < stand_in().log_lines(); ++i) {
        const std::string line = stand_in().log_line(i);
        if (line.compare(0, what.size(), what) == 0) lines.push_back(line);
    }
    return lines;
}

}  // namespace emulsion::kernels::tests
