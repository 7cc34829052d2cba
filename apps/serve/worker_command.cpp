// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion worker`: judges photos for a gateway on this machine or another.
#include <algorithm>
#include <filesystem>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/serve/serve_options.h"
#include "apps/serve/worker.h"
#include "apps/signals.h"

namespace emulsion::apps {
namespace {

struct Settings {
    std::string endpoint, model, keys, key_name = "worker", name;
    RunOptions run;
    serve::PipelineOptions pipeline;
    int decoders = 0;  ///< 0: as many as threads
    bool insecure = false;
};

void describe(CLI::App& app, Settings& settings) {
    app.add_option("--connect", settings.endpoint, "The gateway, as tcp://HOST:PORT")
        ->required()
        ->type_name("ENDPOINT");
    app.add_option("--model", settings.model, "A model file of a net with two classes")
        ->required()
        ->type_name("MODEL");
    app.add_option("--keys", settings.keys,
                   "Folder with the worker's secret key and server.pub (emulsion keys)")
        ->type_name("DIR");
    app.add_option("--worker", settings.key_name, "Name of the worker's key, as given to emulsion keys")
        ->type_name("NAME")
        ->capture_default_str();
    app.add_flag("--insecure", settings.insecure,
                 "Connect to another machine without keys: anybody can listen in");
    app.add_option("--name", settings.name, "What the worker is called in logs (default: the machine's name)")
        ->type_name("NAME");
    app.add_option("--decoders", settings.decoders, "Threads that decode photos; 0: as many as --threads")
        ->check(within(0, 1024))
        ->type_name("N")
        ->capture_default_str();
    serve::add_pipeline_options(app, settings.run, settings.pipeline);
    app.footer(
        "Waits for a gateway that is not there yet, and comes back when it was restarted. SIGTERM or SIGINT: "
        "answers\n"
        "the photos that it holds, and ends; a second one ends it at once.");
}

int run(const Settings& settings) {
    const SignalWatch signals;
    serve::WorkerOptions options;
    options.endpoint = settings.endpoint;
    options.name = settings.name;
    options.keys = settings.keys;
    options.key_name = settings.key_name;
    options.insecure = settings.insecure;
    options.log = make_log(settings.run.log_level);
    options.pipeline = serve::pipeline_of(settings.run, settings.pipeline, options.log);
    if (settings.decoders > 0) options.pipeline.decoders = settings.decoders;
    const std::shared_ptr<const Model> model = load(settings.model);
    const std::string name = std::filesystem::path(settings.model).filename().string();
    serve::Worker worker(serve::make_context(), model, name, std::move(options));
    // A signal cannot wake who waits for a condition; it is looked for often enough for people.
    while (signals.stop() == 0 && !worker.ended(std::chrono::milliseconds(100))) {
    }
    worker.stop();
    const std::string failure = worker.failure();
    if (!failure.empty()) throw Error(Error::Kind::failure, failure);
    return 0;
}

}  // namespace

void add_worker(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "worker", "Judge photos for a gateway, on this machine or another",
                             describe, run);
}

}  // namespace emulsion::apps
