// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The subcommands of `emulsion`, one source file each. `add_NAME` describes a subcommand to the parser;
// parsing only notes what is to be run, so that usage errors come before any work.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace emulsion::apps {

/// What parsing decided to run. Answers the exit code; throws Error for all that goes wrong.
struct Runner {
    std::function<int()> action;
};

/// Adds a subcommand whose settings live in a struct of its own and whose work is `run(settings)`.
/// `describe(sub, settings)` adds the options. `--help` and the table of exit codes come by themselves.
template <class Settings>
void add_subcommand(CLI::App& app, Runner& runner, const std::string& name, const std::string& description,
                    void (*describe)(CLI::App&, Settings&), int (*run)(const Settings&)) {
    auto settings = std::make_shared<Settings>();
    CLI::App* sub = app.add_subcommand(name, description);
    describe(*sub, *settings);
    sub->callback([settings, run, &runner] { runner.action = [settings, run] { return run(*settings); }; });
}

void add_devices(CLI::App&, Runner&);
void add_inspect(CLI::App&, Runner&);
void add_score(CLI::App&, Runner&);
void add_classify(CLI::App&, Runner&);
void add_convert(CLI::App&, Runner&);
void add_init(CLI::App&, Runner&);
void add_train(CLI::App&, Runner&);
void add_test(CLI::App&, Runner&);
void add_check(CLI::App&, Runner&);
void add_time(CLI::App&, Runner&);
void add_demo_set(CLI::App&, Runner&);
void add_report(CLI::App&, Runner&);
void add_baseline(CLI::App&, Runner&);
void add_extract(CLI::App&, Runner&);
void add_evaluate(CLI::App&, Runner&);
void add_dataset(CLI::App&, Runner&);
void add_pack(CLI::App&, Runner&);
void add_serve(CLI::App&, Runner&);
void add_keys(CLI::App&, Runner&);
void add_worker(CLI::App&, Runner&);

}  // namespace emulsion::apps
