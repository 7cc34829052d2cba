// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/witness/witness.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace emulsion::testing {
namespace {

std::string python() {
    if (const char* given = std::getenv("EMULSION_PYTHON")) return given;
    const std::string own = std::string(EMULSION_SOURCE_DIR) + "/.venv/bin/python";
    return std::filesystem::exists(own) ? own : "python3";
}

}  // namespace

std::pair<int, std::string> witness(const std::string& script, const std::vector<std::string>& arguments) {
    constexpr int command_not_found = 127;
    std::string command = python() + " " + EMULSION_SOURCE_DIR + "/tests/witness/" + script;
    for (const auto& each : arguments) command += " '" + each + "'";
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return {witness_absent, "no shell"};
    std::string text;
    std::array<char, 4096> part{};
    while (const std::size_t n = fread(part.data(), 1, part.size(), pipe)) text.append(part.data(), n);
    const int status = pclose(pipe);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return {code == command_not_found ? witness_absent : code, text};
}

}  // namespace emulsion::testing
