// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// --trace: what a command did when, left in a file however the command ends.
#pragma once

#include <functional>

#include "apps/common.h"

namespace emulsion::apps {

/// --trace FILE.
void add_trace_option(CLI::App&, RunOptions&);

/// Whether SIGINT, SIGTERM and SIGHUP, while tracing, write the trace and end the process as ever, or the
/// command does with them what it will and ends by itself.
enum class OnSignal { write_and_end, leave_to_command };

/// What `run` answers; with --trace, its trace is written at the end, of an error too. Error before `run` if
/// the file cannot be written or would be the end of one that is no trace.
int run_traced(const RunOptions&, OnSignal, const std::function<int()>& run);

/// The same, for add_subcommand.
template <class Settings, int (*run)(const Settings&), OnSignal on_signal = OnSignal::write_and_end>
int traced(const Settings& settings) {
    return run_traced(settings.run, on_signal, [&settings] { return run(settings); });
}

}  // namespace emulsion::apps
