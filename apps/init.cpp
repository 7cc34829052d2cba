// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion init`: a native model file with fresh weights, for benchmarks, tests and a first look.
#include <emulsion/emulsion.h>
#include <emulsion/import.h>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_text.h"

namespace emulsion::apps {
namespace {

struct Settings {
    std::string net, out;
    std::uint64_t seed = 1;
};

void describe(CLI::App& app, Settings& settings) {
    app.add_option("--net", settings.net, "A net by name, or a file that holds one (.prototxt, .onnx)")
        ->required()
        ->type_name("NET|FILE");
    app.add_option("--out", settings.out, "The file to write")->required();
    app.add_option("--seed", settings.seed, "Of the weights; the same seed gives the same file")
        ->capture_default_str();
}

int run(const Settings& settings) {
    keep_inputs(settings.out, {settings.net});
    ImportReport report;
    const auto model = initialise(import_net(settings.net, &report), settings.seed);
    print_notes(report, make_log("warning"));
    save(*model, settings.out);
    print(settings.out + ": " + settings.net + " with " + with_commas(model->parameter_count()) +
          " fresh weights\n");
    return 0;
}

}  // namespace

void add_init(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "init", "Write a model file with fresh weights", describe, run);
}

}  // namespace emulsion::apps
