// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion dataset hash`: what `dataset build` takes for alike.
#include <spdlog/fmt/fmt.h>

#include <emulsion/emulsion.h>

#include "apps/dataset/commands.h"
#include "apps/dataset/photo_check.h"

namespace emulsion::apps {
namespace {

struct Settings {
    std::vector<std::string> photos;
};

void describe(CLI::App& app, Settings& s) {
    app.add_option("PHOTO", s.photos, "Photos")->required();
    app.footer(
        "A line each: 16 hexadecimal digits, a blank, the path. Two photos look alike whose hashes, as "
        "numbers\n"
        "of 64 bits, differ in no more bits than `dataset build --near` allows.");
}

int run(const Settings& s) {
    for (const std::string& path : s.photos)
        print(fmt::format("{:016x} {}\n", look_at(path).hash, one_line(path)));
    return 0;
}

}  // namespace

void add_dataset_hash(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "hash", "What photos look like, in 64 bits", describe, run);
}

}  // namespace emulsion::apps
