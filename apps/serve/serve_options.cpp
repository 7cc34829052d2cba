// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/serve_options.h"

#include <emulsion/error.h>
#include <CLI/CLI.hpp>
#include <cmath>
#include <string>

#include "apps/common_text.h"

namespace emulsion::serve {
namespace {

using apps::human_bytes;

CLI::Option* add_size(CLI::App& app, const std::string& name, std::size_t& bytes, std::size_t most,
                      const std::string& what) {
    const auto set = [name, &bytes, most](const std::string& text) {
        const std::uint64_t given = apps::parse_bytes(text, name);
        if (given > most)
            throw Error(Error::Kind::usage,
                        name + " " + text + ": at most " + human_bytes(static_cast<double>(most)));
        bytes = static_cast<std::size_t>(given);
    };
    return app.add_option_function<std::string>(name, set, what)
        ->type_name("SIZE")
        ->default_str(human_bytes(static_cast<double>(bytes)));
}

void add_count(CLI::App& app, const std::string& name, std::size_t& count, int most,
               const std::string& what) {
    app.add_option(name, count, what)->check(apps::within(1, most))->type_name("N")->capture_default_str();
}

constexpr std::size_t much = std::size_t{1} << 40;

}  // namespace

void add_request_limits(CLI::App& app, Limits& limits, DispatchOptions& queue) {
    // Workers take no larger message.
    add_size(app, "--max-body", limits.body_bytes, PipelineOptions().most_bytes, "Body of a request");
    add_size(app, "--max-bodies", limits.bodies_bytes, much,
             "Bodies of all requests that are being read or answered");
    add_count(app, "--max-connections", limits.connections, 100'000, "Connections in all");
    add_count(app, "--max-client-connections", limits.connections_a_client, 100'000, "Of one client");
    add_count(app, "--max-queue", queue.most_jobs, 1'000'000, "Photos taken and not yet answered");
    add_size(app, "--max-queue-bytes", queue.most_bytes, much, "Their files");
}

std::vector<CLI::Option*> add_pipeline_options(CLI::App& app, apps::RunOptions& run,
                                               PipelineOptions& pipeline) {
    const auto set = [&pipeline](double megapixels) {
        pipeline.most_pixels = std::llround(megapixels * 1e6);
    };
    std::vector<CLI::Option*> limits = {
        app.add_option_function<double>("--max-megapixels", set, "Of a photo, by its header")
            ->check(CLI::Range(0.001, 1000.0))
            ->type_name("NUMBER")
            ->default_str(std::to_string(pipeline.most_pixels / 1'000'000)),
        app.add_option("--max-side", pipeline.most_side, "Pixels of its longer side")
            ->check(apps::within(1, 65'535))
            ->type_name("N")
            ->capture_default_str(),
        add_size(app, "--decode-memory", pipeline.decode_budget, much,
                 "Pixels of all photos that are being decoded")};
    run.batch = 8;
    run.log_level = "info";
    apps::add_batch_option(app, run, "Most photos a run");
    apps::add_machine_options(app, run);
    apps::add_implementation_options(app, run);
    return limits;
}

PipelineOptions pipeline_of(const apps::RunOptions& run, const PipelineOptions& limits, const Log& log) {
    PipelineOptions pipeline = limits;
    pipeline.net = run.options();
    pipeline.net.batch_invariant = true;
    pipeline.net.log = log;
    pipeline.decoders = run.thread_count();
    return pipeline;
}

}  // namespace emulsion::serve
