// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The built command as users meet it: a process with arguments, output and an exit code.
#pragma once

#include <sys/resource.h>

#include <cstddef>
#include <string>
#include <vector>

namespace emulsion::test {

struct Outcome {
    int exit_code = -1;  ///< -1 if a signal ended it
    int signal = 0;
    std::string out, err;
};

/// Where the child's standard output goes, unless it is to be read.
enum class Output { captured, dropped, full_disk, closed, reader_gone };

/// Runs `emulsion ARGUMENTS...` to its end.
Outcome run_emulsion(const std::vector<std::string>& arguments, Output output = Output::captured);

/// While it lives, no file that this process and its children write grows beyond so many bytes, as if the
/// disk were full from there on.
class FullDisk {
   public:
    explicit FullDisk(std::size_t bytes);
    ~FullDisk();
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

   private:
    struct rlimit old_ {};
    void (*handler_)(int);
};

/// Number of lines; a last one without a line break counts.
int count_lines(const std::string& text);

}  // namespace emulsion::test
