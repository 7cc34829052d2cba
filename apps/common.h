// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the subcommands share: the options that choose device, threads and implementations, opening a
// model by path or a net by name, and the exit codes. Text and tables are in common_text.h.
#pragma once

#include <emulsion/emulsion.h>
#include <emulsion/import.h>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "apps/cli_fwd.h"

namespace emulsion {
struct Sample;
}

namespace emulsion::apps {

/// --cudnn and --cublas as they were typed: a file, or the folder that it is in; empty: wherever it is.
struct LibraryPaths {
    std::string cudnn, cublas;

    /// Opens those that were given. Error(device): one is not there, or cannot be used.
    void use() const;
};

/// --device, --cudnn, --cublas, --threads, --precision, --log, --impl, --strict, --no-fuse, --tune,
/// --tuning-file, --batch and
/// --trace as they were typed.
struct RunOptions {
    std::string device = "cpu";
    LibraryPaths libraries;
    int threads = 0;  ///< 0: as many as the process may use
    std::string precision = "fp32";
    std::string log_level = "warning";
    std::vector<std::string> implementations;  ///< "eigen" (for all operations) or "conv_forward=eigen"
    bool strict = false, no_fuse = false;
    std::string tuning = "cached", tuning_file;  ///< no file: the user's own
    int batch = 1;
    std::string trace_file;        ///< of --trace (apps/traced.h)
    std::shared_ptr<Trace> trace;  ///< what goes there; null without

    /// The engine's options; opens the libraries that were given. Error(usage): no such operation or device;
    /// Error(device): the device or a library is not there, or the implementation was not built in.
    Options options() const;
    /// Threads in all: `threads`, or what the process may use.
    int thread_count() const;
};

/// --cudnn, --cublas.
void add_library_options(CLI::App&, LibraryPaths&);
/// --device, --threads, --precision, --log, and those of libraries.
void add_machine_options(CLI::App&, RunOptions&);
/// --impl, --strict, --no-fuse, --tune, --tuning-file.
void add_implementation_options(CLI::App&, RunOptions&);
/// --batch; set `batch` to the subcommand's own default first.
void add_batch_option(CLI::App&, RunOptions&, const std::string& help = "Photos a run");
/// Accepts whole numbers from `least` to `most`, without a word on it in the help.
CLI::Validator within(int least, int most);
/// --json; the help text goes on with `what`, for example "as {...}".
void add_json_option(CLI::App&, bool& json, const std::string& what = "");

/// Error(device) unless some operation has an implementation of this name.
void require_implementation(const std::string& name);

/// A model, or a net without weights (`model` is null), and what importing it took.
struct ModelOrNet {
    NetDef net;
    std::shared_ptr<const Model> model;
    ImportReport report = {};
};
/// A model file of any format, or a net by name: a word that is a net's name means that net; write ./NAME for
/// a file of the same name. `net` names the net of a file that holds none. Error(data): neither a net nor a
/// model file.
ModelOrNet open_model_or_net(const std::string& text, const std::string& net = "");
/// --net, for open_model.
void add_net_option(CLI::App&, std::string& net);
/// A model file of any format. What importing it assumed is told as warnings, unless the level of messages is
/// higher. Error(usage): a net without weights.
std::shared_ptr<const Model> open_model(const std::string& path, const std::string& net, const RunOptions&);
/// The same, with weights from the net's fillers where there are none.
std::shared_ptr<const Model> open_or_initialise(const std::string& text, std::uint64_t seed);

/// On stderr as warnings: what an import assumed.
void print_notes(const ImportReport&, const Log&);

/// A log callback that writes messages from `level` ("debug", "info", "warning", "off") up to stderr.
Log make_log(const std::string& level);

/// Error(usage) if a file that is to be written is one of those that are read, by whatever name, or belongs
/// to a database that is.
void keep_inputs(const std::string& output, const std::vector<std::string>& inputs);
/// The same of photos; those of a database are none.
void keep_photos(const std::string& output, const std::vector<Sample>& photos);

/// Ends in one line on stderr, "emulsion: MESSAGE".
void print_error(const std::string& message);

}  // namespace emulsion::apps
