// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Where a schedule's choices come from: the tuning file, a measurement, or the order of the lists.
#include <cstdio>
#include <memory>
#include <optional>
#include <set>

#include "engine/library.h"
#include "engine/tuner.h"
#include "engine/tuning_file.h"

namespace emulsion {
namespace {

void warn(const Options& options, const std::string& message) {
    if (options.log) options.log(LogLevel::warning, message);
}

/// A node is looked at in many circumstances, and what fails in one mostly fails in all.
Log each_once(const Log& log) {
    if (!log) return {};
    return
        [log, said = std::make_shared<std::set<std::string>>()](LogLevel level, const std::string& message) {
            if (level != LogLevel::warning || said->insert(message).second) log(level, message);
        };
}

TuningKey key_of(const Graph& graph, Mode mode, const Options& options, const Device& device) {
    TuningKey key;
    key.device = device.fingerprint() + "; emulsion " EMULSION_VERSION;
    for (const auto& each : components_on(options.device.kind))
        if (each.present) key.device += ", " + each.name + " " + each.version;
    key.settings = mode == Mode::training ? "training" : "inference";
    key.settings += std::string(", ") + kernels::name(options.precision);
    for (const auto& [operation, forced] : options.implementations)
        key.settings += ", " + operation + "=" + forced;
    for (const Node& node : graph.nodes)
        key.operations.push_back(node.layer + ": " + kernels::describe(node.operation));
    return key;
}

/// What the file holds, if it can be read. One that cannot is one warning.
std::optional<TuningFile> open_file(const Options& options) {
    if (options.tuning_file.empty()) return std::nullopt;
    try {
        return TuningFile(options.tuning_file);
    } catch (const Error& error) {
        warn(options, std::string(error.what()) + "; it is ignored");
        return std::nullopt;
    }
}

/// Whether an answer can be kept, asked before minutes go into it. If not, that is one warning, which a
/// foreign file, being ignored, has had already.
bool can_keep(const Options& options) {
    if (options.tuning_file.empty()) return false;
    try {
        TuningFile::require_writable(options.tuning_file);
        return true;
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::usage) warn(options, error.what());
        return false;
    }
}

TuningRecord measure(const TuningKey& key, const Graph& graph, Mode mode, const Options& options,
                     Device& device) {
    Tuned tuned = tune(graph, mode, options, device);
    if (options.log) {
        char line[160], by_order[32] = "it fails";
        if (tuned.by_order_milliseconds > 0)
            std::snprintf(by_order, sizeof by_order, "%.3f ms", tuned.by_order_milliseconds);
        std::snprintf(line, sizeof line, "tuned: %.3f ms, by the order of the lists %s%s", tuned.milliseconds,
                      by_order, tuned.names.empty() ? ", which stays" : "");
        options.log(LogLevel::info, line);
    }
    return {key, std::move(tuned.names), tuned.milliseconds, tuned.by_order_milliseconds};
}

}  // namespace

Schedule tuned_schedule(const Graph& graph, Mode mode, const Options& given, Device& device) {
    Options options = given;
    options.log = each_once(given.log);
    const bool wanted = options.tuning == Tuning::measure ||
                        (options.tuning == Tuning::cached && !options.tuning_file.empty());
    if (!wanted || options.batch_invariant) return lower(graph, mode, options, {});

    const TuningKey key = key_of(graph, mode, options, device);
    const auto file = open_file(options);
    if (const TuningRecord* const record = file ? file->find(key) : nullptr) {
        try {
            return lower(graph, mode, options, record->names);
        } catch (const Error& error) {
            warn(options,
                 options.tuning_file + ": a record does not fit (" + error.what() + "); it is ignored");
        }
    }
    if (options.tuning != Tuning::measure) return lower(graph, mode, options, {});

    const bool kept = can_keep(options);
    std::optional<TuningRecord> fresh;
    try {
        fresh = measure(key, graph, mode, options, device);
    } catch (const OutOfDeviceMemory& error) {
        warn(options, std::string("not tuned: ") + error.what());
        return lower(graph, mode, options, {});
    }
    Schedule schedule = lower(graph, mode, options, fresh->names);
    if (!kept) return schedule;
    try {
        TuningFile::add_to(options.tuning_file, *fresh);
    } catch (const Error& error) {
        warn(options, error.what());
    }
    return schedule;
}

}  // namespace emulsion
