// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The built command as users meet it: a process with arguments, output and an exit code.
#pragma once

#include <string>
#include <vector>

namespace emulsion::test {

struct Outcome {
    int exit_code = -1;  ///< -1 if a signal ended it
    int signal = 0;
    std::string out, err;
};

/// Where the child's standard output goes, unless it is to be read.
enum class Output { captured, full_disk, closed, reader_gone };

/// Runs `emulsion ARGUMENTS...` to its end.
Outcome run_emulsion(const std::vector<std::string>& arguments, Output output = Output::captured);

/// Number of lines; a last one without a line break counts.
int count_lines(const std::string& text);

}  // namespace emulsion::test
