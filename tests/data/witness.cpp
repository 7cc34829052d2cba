// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/data/witness.h"

#include <cstdlib>

namespace emulsion::tests {

bool run_python(const std::string& python, const std::string& program, const std::string& arguments) {
    return std::system(("'" + python + "' -c '" + program + "' " + arguments).c_str()) == 0;
}

std::string python_with(const std::string& module) {
    const char* set = std::getenv("EMULSION_PYTHON");
    for (const std::string& python :
         {std::string(set != nullptr ? set : ""), std::string(EMULSION_SOURCE_DIR "/.venv/bin/python3"),
          std::string("python3")})
        if (!python.empty() && run_python(python, "import " + module, "2> /dev/null")) return python;
    return "";
}

}  // namespace emulsion::tests
