// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/traced.h"

#include <emulsion/trace.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "apps/signals.h"

namespace emulsion::apps {
namespace {

void write_trace(const RunOptions& options) {
    options.trace->write(options.trace_file);
    const std::size_t dropped = options.trace->dropped();
    const Log log = make_log(options.log_level);
    if (dropped == 0 || !log) return;
    log(LogLevel::warning, fmt::format("{} holds the first {} spans; {} more found no room",
                                       options.trace_file, options.trace->size(), dropped));
}

void write_quietly(const RunOptions& options) noexcept {
    try {
        write_trace(options);
    } catch (const std::exception&) {
        // What ended the run is told, and counts.
    }
}

/// While it lives, a signal writes the trace, and then ends the process as if it had not been watched for.
class EndBySignal {
   public:
    explicit EndBySignal(const RunOptions& options)
        : thread_([this, &options](const std::stop_token& stop) { watch(stop, options); }) {}

   private:
    void watch(const std::stop_token& stop, const RunOptions& options) {
        constexpr std::chrono::milliseconds patience(20);
        std::mutex mutex;
        std::condition_variable_any told;
        std::unique_lock lock(mutex);
        while (!stop.stop_requested()) {
            told.wait_for(lock, stop, patience, [] { return false; });
            const int signal = signals_.take_save_request() ? SIGHUP : signals_.stop();
            if (signal == 0) continue;
            write_quietly(options);
            std::signal(signal, SIG_DFL);
            kill(getpid(), signal);
        }
    }

    SignalWatch signals_{Ignored::stays};
    std::jthread thread_;  ///< the last member: it ends before what it uses
};

}  // namespace

void add_trace_option(CLI::App& app, RunOptions& options) {
    const auto begin = [&options](const std::string& path) {
        options.trace_file = path;
        options.trace = std::make_shared<Trace>();
    };
    app.add_option_function<std::string>("--trace", begin,
                                         "Write what was done when, for ui.perfetto.dev. Steps then run one "
                                         "by one, and off the CPU nothing "
                                         "overlaps")
        ->type_name("FILE");
}

int run_traced(const RunOptions& options, OnSignal on_signal, const std::function<int()>& run) {
    if (!options.trace) return run();
    Trace::require_writable(options.trace_file);
    std::optional<EndBySignal> watch;
    if (on_signal == OnSignal::write_and_end) watch.emplace(options);
    int exit_code = 0;
    try {
        exit_code = run();
    } catch (...) {
        watch.reset();
        write_quietly(options);
        throw;
    }
    watch.reset();
    write_trace(options);
    return exit_code;
}

}  // namespace emulsion::apps
