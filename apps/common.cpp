// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/common.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "apps/common_text.h"
#include "data/list.h"
#include "engine/library.h"

namespace emulsion::apps {
namespace {

// The names in the lists of every operation, or of one.
std::set<std::string> implementation_names(const std::string& operation) {
    std::set<std::string> names;
    for (int i = 0; i < kernels::op_kind_count; ++i) {
        const auto kind = static_cast<OpKind>(i);
        if (operation != "*" && operation != kernels::name(kind)) continue;
        for (const auto& entry : kernels::implementations(kind)) {
            names.insert(entry.name);
            names.insert(entry.full_name());
        }
    }
    return names;
}

void require_operation(const std::string& operation) {
    std::vector<std::string> known;
    for (int i = 0; i < kernels::op_kind_count; ++i) {
        known.emplace_back(kernels::name(static_cast<OpKind>(i)));
    }
    if (operation == "*" || std::count(known.begin(), known.end(), operation) != 0) return;
    throw Error(Error::Kind::usage, fmt::format("--impl: there is no operation {}; there are {}", operation,
                                                fmt::join(known, ", ")));
}

void require_implementation_of(const std::string& operation, const std::string& name) {
    const std::set<std::string> known = implementation_names(operation);
    if (known.count(name) != 0) return;
    const std::string whose = operation == "*" ? "" : " of " + operation;
    const std::string why = why_not_built(name);
    throw Error(Error::Kind::device,
                fmt::format("no implementation{} called {} was built in{}; there are {}", whose, name,
                            why.empty() ? "" : " (" + why + ")", fmt::join(known, ", ")));
}

/// Those that something can offer: nobody's kernels or libraries here multiply in 3xTF32.
constexpr kernels::Precision precisions[] = {kernels::Precision::fp32, kernels::Precision::tf32,
                                             kernels::Precision::bf16};

kernels::Precision parse_precision(const std::string& text) {
    for (const auto each : precisions)
        if (text == kernels::name(each)) return each;
    return kernels::Precision::fp32;  // the parser let nothing else through
}

/// Where the XDG base directory specification puts what can be measured again; empty where there is no home.
std::string users_tuning_file() {
    const auto folder = [](const char* variable) {
        const char* const text = std::getenv(variable);
        return std::filesystem::path(text == nullptr ? "" : text);
    };
    std::filesystem::path cache = folder("XDG_CACHE_HOME");
    if (!cache.is_absolute() && folder("HOME").is_absolute()) cache = folder("HOME") / ".cache";
    return cache.is_absolute() ? (cache / "emulsion" / "tuning.json").string() : std::string();
}

}  // namespace

void LibraryPaths::use() const {
    if (!cudnn.empty()) use_library("cudnn", cudnn);
    if (!cublas.empty()) use_library("cublas", cublas);
}

Options RunOptions::options() const {
    libraries.use();
    Options options;
    options.device = DeviceId::parse(device);
    require_device(options.device);
    options.threads = thread_count();
    options.batch = batch;
    options.precision = parse_precision(precision);
    for (const std::string& text : implementations) {
        const std::size_t equals = text.find('=');
        const std::string operation = equals == std::string::npos ? "*" : text.substr(0, equals);
        const std::string name = equals == std::string::npos ? text : text.substr(equals + 1);
        require_operation(operation);
        require_implementation_of(operation, name);
        options.implementations[operation] = name;
    }
    options.strict = strict;
    options.fuse = !no_fuse;
    constexpr std::pair<const char*, Tuning> tunings[] = {
        {"off", Tuning::off}, {"cached", Tuning::cached}, {"on", Tuning::measure}};
    for (const auto& [word, meaning] : tunings)
        if (tuning == word) options.tuning = meaning;
    options.tuning_file = tuning_file.empty() ? users_tuning_file() : tuning_file;
    // Tuning takes a while: who asks for it sees what it does.
    const bool tells = options.tuning == Tuning::measure && log_level == "warning";
    options.log = make_log(tells ? "info" : log_level);
    options.trace = trace;
    return options;
}

int RunOptions::thread_count() const {
    return threads > 0 ? threads : available_threads();
}

void add_library_options(CLI::App& app, LibraryPaths& paths) {
    app.add_option("--cudnn", paths.cudnn, "NVIDIA's cuDNN 9: its file, or the folder it is in")
        ->type_name("PATH");
    app.add_option("--cublas", paths.cublas, "NVIDIA's cuBLAS: its file, or the folder it is in")
        ->type_name("PATH");
}

void add_machine_options(CLI::App& app, RunOptions& options) {
    app.add_option("--device", options.device, "cpu, cuda[:N] or emulated; one that is missing is an error")
        ->capture_default_str();
    add_library_options(app, options.libraries);
    app.add_option("--threads", options.threads,
                   "Threads in all, the loader's included; 0: every core allowed")
        ->check(within(0, 1024))
        ->type_name("N")
        ->capture_default_str();
    std::vector<std::string> names;
    for (const auto each : precisions) names.emplace_back(kernels::name(each));
    app.add_option("--precision", options.precision,
                   "Arithmetic of products: fp32, or tf32 or bf16 where the device has it")
        ->check(CLI::IsMember(names))
        ->capture_default_str();
    app.add_option("--log", options.log_level, "Messages on stderr from this level up")
        ->check(CLI::IsMember({"debug", "info", "warning", "off"}))
        ->capture_default_str();
}

void add_implementation_options(CLI::App& app, RunOptions& options) {
    app.add_option("--impl", options.implementations,
                   "Force an implementation: NAME for all operations, or OPERATION=NAME or "
                   "OPERATION=NAME:WAY; may be "
                   "repeated")
        ->allow_extra_args(false);
    app.add_flag("--strict", options.strict, "A forced implementation that cannot serve is an error");
    app.add_flag("--no-fuse", options.no_fuse, "Run the net as it is written, without rewrites");
    app.add_option(
           "--tune", options.tuning,
           "Choice of implementations: on measures the net's on this machine once, and keeps the answer; "
           "cached uses what was measured; off takes the first of each list. Alone: on. "
           "Batch-invariant runs are not tuned")
        ->check(CLI::IsMember({"on", "cached", "off"}))
        ->expected(0, 1)
        ->default_str("on");
    app.add_option("--tuning-file", options.tuning_file,
                   "Where measurements are kept (default: emulsion/tuning.json in the user's cache)")
        ->type_name("FILE");
}

void add_batch_option(CLI::App& app, RunOptions& options, const std::string& help) {
    app.add_option("--batch", options.batch, help)
        ->check(within(1, 65536))
        ->type_name("N")
        ->capture_default_str();
}

CLI::Validator within(int least, int most) {
    return CLI::Range(least, most).description("");
}

void add_json_option(CLI::App& app, bool& json, const std::string& what) {
    app.add_flag("--json", json, what.empty() ? "Print JSON for programs" : "Print JSON: " + what);
}

void require_implementation(const std::string& name) {
    require_implementation_of("*", name);
}

ModelOrNet open_model_or_net(const std::string& text, const std::string& net) {
    const std::vector<std::string> names = net_names();
    if (std::count(names.begin(), names.end(), text) != 0) return {compose(text), nullptr, {}};
    std::error_code ignored;
    if (text.find('/') == std::string::npos && !std::filesystem::exists(text, ignored)) {
        throw Error(Error::Kind::data,
                    fmt::format("{}: no such model file, nor a net of that name (nets: {})", text,
                                fmt::join(names, ", ")));
    }
    ImportOptions options;
    options.net = net;
    ImportReport report;
    NetOrModel opened = import_any(text, options, &report);
    return {std::move(opened.net), std::move(opened.model), std::move(report)};
}

void add_net_option(CLI::App& app, std::string& net) {
    app.add_option("--net", net, "The net of a file that holds none: a name, or a file")->type_name("NET");
}

std::shared_ptr<const Model> open_model(const std::string& path, const std::string& net,
                                        const RunOptions& run) {
    const ModelOrNet opened = open_model_or_net(path, net);
    if (!opened.model)
        throw Error(Error::Kind::usage, path + " is a net without weights: a model file is wanted");
    print_notes(opened.report, make_log(run.log_level));
    return opened.model;
}

std::shared_ptr<const Model> open_or_initialise(const std::string& text, std::uint64_t seed) {
    ModelOrNet opened = open_model_or_net(text);
    return opened.model ? opened.model : initialise(opened.net, seed);
}

void print_notes(const ImportReport& report, const Log& log) {
    if (!log) return;
    for (const std::string& note : report.notes) log(LogLevel::warning, note);
}

void keep_inputs(const std::string& output, const std::vector<std::string>& inputs) {
    std::error_code ignored;
    if (!std::filesystem::exists(output, ignored)) return;
    for (const std::filesystem::path input : inputs)
        if (std::filesystem::equivalent(output, input, ignored) ||
            std::filesystem::equivalent(output, input / "data.mdb", ignored))
            throw Error(Error::Kind::usage, output + ": it is read, and would be overwritten");
}

void keep_photos(const std::string& output, const std::vector<Sample>& photos) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(output, ignored)) return;
    for (const Sample& photo : photos)
        if (photo.database == nullptr) keep_inputs(output, {photo.path});
}

Log make_log(const std::string& level) {
    if (level == "off") return {};
    auto logger =
        std::make_shared<spdlog::logger>("emulsion", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("emulsion: %l: %v");
    logger->set_level(spdlog::level::from_str(level));
    return [logger](LogLevel at, const std::string& message) {
        constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info,
                                                        spdlog::level::warn};
        logger->log(levels[static_cast<int>(at)], one_line(message));
    };
}

void print_error(const std::string& message) {
    const std::string line = "emulsion: " + one_line(message) + "\n";
    // Nowhere is left to complain to if this fails.
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace emulsion::apps
