// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The benchmarks' own options, taken out of the command line before Google Benchmark reads the rest.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace emulsion::bench {

struct Arguments {
    std::string device = "cpu";
    std::map<std::string, std::string> libraries;  ///< paths of "cudnn" and "cublas", where they were given
    int threads = 0;                               ///< 0: as many as the process may use
    std::vector<std::string> precisions = {"fp32"};
    std::vector<std::string> nets = {"alexnet", "caffenet", "photo"};
    std::vector<int> batches;
    double seconds = 0.5;
    bool fastest = false;  ///< of each operation only the first implementation that offers itself
    bool hot = false;      ///< caches are left as the run before left them
    bool list = false;     ///< only names are wanted: --benchmark_list_tests
};

/// Takes `--name VALUE`, `--name=VALUE` and flags that are options of ours; all else stays in argc and argv.
/// With --help it prints ours, and leaves the word for Google Benchmark to print its own and exit.
/// Error(usage) for a value that makes no sense.
Arguments take_arguments(int& argc, char** argv, Arguments defaults);

}  // namespace emulsion::bench
