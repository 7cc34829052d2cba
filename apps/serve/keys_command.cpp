// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion keys`: what a gateway and its workers know one another by.
#include "apps/command.h"
#include "apps/common_text.h"
#include "apps/serve/keys.h"

namespace emulsion::apps {
namespace {

struct Settings {
    std::string folder, worker = "worker";
};

void describe(CLI::App& app, Settings& settings) {
    app.add_option("folder", settings.folder, "Where they are kept; made if it is not there")
        ->required()
        ->type_name("DIR");
    app.add_option("--worker", settings.worker, "Name of the worker's pair")
        ->type_name("NAME")
        ->capture_default_str();
    app.footer(
        "Makes server.key, server.pub, NAME.key and NAME.pub. Keys that are there stay. The gateway's "
        "machine "
        "needs\n"
        "server.key and the .pub files; a worker's needs its own NAME.key and server.pub. The .key files are "
        "secret.");
}

int run(const Settings& settings) {
    const std::vector<std::string> written = serve::make_keys(settings.folder, settings.worker);
    for (const std::string& name : written) print(name + "\n");
    if (written.empty()) print("nothing new: all keys are there\n");
    return 0;
}

}  // namespace

void add_keys(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "keys", "Make keys for a gateway and its workers", describe, run);
}

}  // namespace emulsion::apps
