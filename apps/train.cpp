// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion train`: a net taught by Caffe's SGD from a list of photos and labels.
#include <spdlog/fmt/fmt.h>

#include <emulsion/emulsion.h>
#include <algorithm>
#include <charconv>
#include <cmath>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_text.h"
#include "apps/training_run.h"

namespace emulsion::apps {
namespace {

struct Settings {
    RunOptions run;
    std::string net, model, weights, train, validation, out;
    SolverConfig solver;
    std::string policy = "fixed", cache = "1GiB";
    double epochs = 0;
    std::vector<std::string> freeze, multipliers;
    std::uint64_t seed = 1;
    bool mirror = false, crop = false, resume = false;
    std::int64_t validation_interval = 0, snapshot_interval = 500, log_interval = 0;
};

void describe_what(CLI::App& app, Settings& s) {
    auto* net = app.add_option("--net", s.net, "Net to train, by name");
    app.add_option("--model", s.model, "Model file to go on from, instead of --net")->excludes(net);
    app.add_option("--weights", s.weights, "Model file whose weights start the layers of the same name");
    app.add_option("--train", s.train, "List of lines \"path label\" to learn from")->required();
    app.add_option("--val", s.validation, "List to check on, never learnt from");
    app.add_option("--out", s.out, "Folder for snapshot, models, log and curve")->required();
    app.add_flag("--resume", s.resume, "Go on from the snapshot in --out, with the same bits");
    app.add_option("--seed", s.seed, "Of new weights, order, crops and dropout")->capture_default_str();
    app.add_flag("--mirror", s.mirror, "Turn half of the photos left to right, at random");
    app.add_flag("--crop", s.crop, "Cut the net's input out of the photo at random, not from its centre");
    app.add_option("--cache", s.cache, "Memory for photos kept decoded")->capture_default_str();
}

void describe_solver(CLI::App& app, Settings& s) {
    const CLI::Range positive(1.0, 1e15);
    app.add_option("--lr", s.solver.base_rate, "Learning rate to begin with")->capture_default_str();
    app.add_option("--lr-policy", s.policy, "fixed, step, multistep, inv, exp or poly, as in Caffe")
        ->capture_default_str();
    app.add_option("--gamma", s.solver.gamma, "For step, multistep, inv, exp")->capture_default_str();
    app.add_option("--power", s.solver.power, "For inv, poly")->capture_default_str();
    app.add_option("--step-size", s.solver.step_size, "For step: iterations between")->capture_default_str();
    app.add_option("--steps", s.solver.steps_at, "For multistep: the iterations, 1000,2000")->delimiter(',');
    app.add_option("--momentum", s.solver.momentum, "Share of the last update kept")->capture_default_str();
    app.add_option("--weight-decay", s.solver.weight_decay, "Pull of the weights to zero")
        ->capture_default_str();
    app.add_flag("--l1", s.solver.l1, "Decay pulls by sign instead of by size");
    app.add_option("--clip", s.solver.clip_gradients, "Largest L2 norm of the whole gradient; 0: any")
        ->capture_default_str();
    app.add_option("--iter-size", s.solver.iter_size, "Batches whose gradients make one update")
        ->capture_default_str();
    auto* iterations = app.add_option("--iterations", s.solver.iterations, "Updates in all")->check(positive);
    iterations->capture_default_str();
    app.add_option("--epochs", s.epochs, "Instead: how often every photo is seen")->excludes(iterations);
    app.add_option("--freeze", s.freeze, "Layer that does not learn; may be repeated")
        ->allow_extra_args(false);
    app.add_option("--lr-mult", s.multipliers, "LAYER=X: its learning rate times X; may be repeated")
        ->allow_extra_args(false);
    app.add_option("--val-interval", s.validation_interval, "Iterations between checks; 0: an epoch")
        ->capture_default_str();
    app.add_option("--snapshot-interval", s.snapshot_interval, "Iterations between snapshots")
        ->check(positive)
        ->capture_default_str();
    app.add_option("--log-interval", s.log_interval, "Iterations a point of the curve; 0: a 500th of the run")
        ->capture_default_str();
}

void describe(CLI::App& app, Settings& s) {
    s.run.batch = 50;
    describe_what(app, s);
    add_batch_option(app, s.run, "Photos a batch");
    describe_solver(app, s);
    add_machine_options(app, s.run);
    add_implementation_options(app, s.run);
    app.footer(
        "SIGINT and SIGTERM save a snapshot and end the run, SIGHUP saves one and goes on. Of --threads, a\n"
        "quarter decodes photos and the rest computes, unless all photos fit into --cache.");
}

// Multiplies the learning rate of all that a layer learns.
void multiply_rate(NetDef& net, const std::string& option, const std::string& layer, double factor) {
    std::vector<std::string> learning;
    for (LayerDef& def : net.layers) {
        if (def.params.empty()) continue;
        learning.push_back(def.name);
        if (def.name != layer) continue;
        for (ParamDef& param : def.params) param.rate_mult *= factor;
        return;
    }
    throw Error(Error::Kind::usage, fmt::format("{} {}: the net has no such layer that learns; there are {}",
                                                option, layer, fmt::join(learning, ", ")));
}

void apply_multipliers(NetDef& net, const Settings& s) {
    for (const std::string& layer : s.freeze) multiply_rate(net, "--freeze", layer, 0);
    for (const std::string& text : s.multipliers) {
        const std::size_t equals = text.rfind('=');
        double factor = 0;
        const char* const end = text.data() + text.size();
        const auto parsed = equals == std::string::npos ? std::from_chars_result{}
                                                        : std::from_chars(&text[equals] + 1, end, factor);
        if (parsed.ptr != end || parsed.ec != std::errc{} || !std::isfinite(factor) || factor < 0) {
            throw Error(Error::Kind::usage,
                        fmt::format("--lr-mult {}: LAYER=X is wanted, with X from 0 up", text));
        }
        multiply_rate(net, "--lr-mult", text.substr(0, equals), factor);
    }
}

// The net as it was given; null where it has no weights yet.
ModelOrNet open_start(const Settings& s) {
    if (s.net.empty() == s.model.empty()) {
        throw Error(Error::Kind::usage, "give one of --net (by name) and --model (a file)");
    }
    if (!s.net.empty()) return {compose(s.net), nullptr};
    const auto model = load(s.model);
    return {model->net(), model};
}

void require_finite(const Model& model, const std::string& file) {
    for (std::size_t i = 0; i < model.parameters().size(); ++i) {
        if (all_finite(model.weights(i))) continue;
        throw Error(Error::Kind::data, fmt::format("{}: {} holds a number that is not finite", file,
                                                   model.parameters()[i].name));
    }
}

std::shared_ptr<const Model> starting_weights(const NetDef& net, const Model* model, const Settings& s) {
    if (s.resume) return initialise(net, s.seed);  // the snapshot holds them
    if (s.weights.empty()) return model != nullptr ? transfer(net, *model, s.seed) : initialise(net, s.seed);
    TransferReport report;
    const auto started = transfer(net, *load(s.weights), s.seed, &report);
    if (report.loaded.empty()) {
        throw Error(Error::Kind::data,
                    fmt::format("{}: shares no parameter with net {}", s.weights, net.name));
    }
    print(fmt::format("from {}: {} parameters taken ({}), {} started afresh ({}), {} left over\n", s.weights,
                      report.loaded.size(), fmt::join(report.loaded, ", "), report.initialised.size(),
                      fmt::join(report.initialised, ", "), report.left_over.size()));
    return started;
}

int count_classes(const NetDef& net, Options options) {
    options.batch = 1;
    return static_cast<int>(compile(net, Mode::inference, options)->layers().back().outputs.at(0).c);
}

void check_crop(const Settings& s, const Preprocessing& p) {
    if (!s.crop || p.crop_height < p.height || p.crop_width < p.width) return;
    throw Error(Error::Kind::usage,
                fmt::format("--crop: the net takes the whole photo of {}x{}, so there is nothing to cut",
                            p.height, p.width));
}

// Which photos, in which order, as one number.
std::string fingerprint(const std::vector<Sample>& samples) {
    std::uint64_t hash = 14695981039346656037U;  // FNV-1a
    const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 1099511628211U; };
    for (const Sample& sample : samples) {
        for (const char c : sample.path) add(static_cast<unsigned char>(c));
        add(0);
        add(static_cast<unsigned char>(sample.label));
    }
    return fmt::format("{} photos, {:016x}", samples.size(), hash);
}

void settle_solver(Settings& s, std::size_t photos) {
    s.solver.policy = parse_policy(s.policy);
    const double per_update = static_cast<double>(s.run.batch) * std::max(1, s.solver.iter_size);
    const double epoch = std::ceil(static_cast<double>(photos) / per_update);
    if (!(s.epochs >= 0 && s.epochs * static_cast<double>(photos) < 1e15))
        throw Error(Error::Kind::usage, fmt::format("--epochs {}: a number from 0 up is wanted", s.epochs));
    if (s.epochs > 0) {
        s.solver.iterations =
            std::max<std::int64_t>(1, std::llround(s.epochs * static_cast<double>(photos) / per_update));
    }
    validate(s.solver);
    if (s.validation_interval <= 0) s.validation_interval = static_cast<std::int64_t>(epoch);
    if (s.log_interval <= 0) s.log_interval = std::max<std::int64_t>(1, s.solver.iterations / 500);
}

std::map<std::string, std::string> binding_settings(const Settings& s, const TrainingPlan& plan) {
    const SolverConfig& c = s.solver;
    return {{"--train", fingerprint(plan.training)},
            {"--batch", std::to_string(s.run.batch)},
            {"--seed", std::to_string(s.seed)},
            {"--mirror", s.mirror ? "on" : "off"},
            {"--crop", s.crop ? "on" : "off"},
            {"--freeze", fmt::format("{}", fmt::join(s.freeze, ","))},
            {"--lr-mult", fmt::format("{}", fmt::join(s.multipliers, ","))},
            {"--lr", fmt::format("{}", c.base_rate)},
            {"--lr-policy", name(c.policy)},
            {"--gamma", fmt::format("{}", c.gamma)},
            {"--power", fmt::format("{}", c.power)},
            {"--step-size", std::to_string(c.step_size)},
            {"--steps", fmt::format("{}", fmt::join(c.steps_at, ","))},
            {"--iterations", std::to_string(c.iterations)},
            {"--momentum", fmt::format("{}", c.momentum)},
            {"--weight-decay", fmt::format("{}", c.weight_decay)},
            {"--l1", c.l1 ? "on" : "off"},
            {"--iter-size", std::to_string(c.iter_size)},
            {"--clip", fmt::format("{}", c.clip_gradients)}};
}

std::map<std::string, std::string> provenance(const Settings& s, const TrainingPlan& plan) {
    std::map<std::string, std::string> made = {
        {"trained by", std::string("emulsion ") + EMULSION_VERSION},
        {"trained on", fmt::format("{} ({} photos)", s.train, plan.training.size())},
        {"solver", fmt::format("SGD, batch {}, {} iterations, rate {} ({}), momentum {}, decay {}, seed {}",
                               s.run.batch * s.solver.iter_size, s.solver.iterations, s.solver.base_rate,
                               s.policy, s.solver.momentum, s.solver.weight_decay, s.seed)}};
    const std::string& from = s.weights.empty() ? s.model : s.weights;
    if (!from.empty()) made["started from"] = from;
    if (!s.validation.empty())
        made["validated on"] = fmt::format("{} ({} photos)", s.validation, plan.validation.size());
    return made;
}

LoaderOptions loader_options(const Settings& s, const NetDef& net, const Log& log) {
    LoaderOptions loader;
    loader.preprocessing = net.preprocessing;
    loader.batch = s.run.batch;
    loader.seed = s.seed;
    loader.random_crop = s.crop;
    loader.mirror = s.mirror;
    loader.decode.log = log;
    return loader;
}

int run(const Settings& given) {
    Settings s = given;
    const ModelOrNet start = open_start(s);
    check_crop(s, start.net.preprocessing);
    Options options = s.run.options();
    options.seed = s.seed;

    TrainingPlan plan;
    const int classes = count_classes(start.net, options);
    plan.training = read_labelled_list(s.train, classes);
    if (!s.validation.empty()) plan.validation = read_labelled_list(s.validation, classes);
    settle_solver(s, plan.training.size());
    plan.folder = s.out;
    plan.resume = s.resume;
    plan.validation_interval = s.validation_interval;
    plan.snapshot_interval = s.snapshot_interval;
    plan.log_interval = s.log_interval;
    plan.cache_bytes = parse_bytes(s.cache, "--cache");
    plan.settings = binding_settings(s, plan);
    plan.provenance = provenance(s, plan);
    plan.published = start.net;
    plan.loader = loader_options(s, start.net, options.log);

    const std::size_t photos = plan.training.size() + plan.validation.size();
    const bool in_memory = fitted_bytes(photos, start.net.preprocessing) <= plan.cache_bytes;
    const ThreadSplit threads = split_threads(s.run.thread_count(), in_memory);
    plan.loader.threads = threads.loader;
    options.threads = threads.compute;

    NetDef net = start.net;
    apply_multipliers(net, s);
    const auto weights = starting_weights(net, start.model.get(), s);
    const std::string& file = s.weights.empty() ? s.model : s.weights;
    if (!file.empty() && !s.resume) require_finite(*weights, file);
    Trainer trainer(weights, s.solver, options);
    return TrainingRun(std::move(plan), trainer).run();
}

}  // namespace

void add_train(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "train", "Teach a net from photos and labels", describe, run);
}

}  // namespace emulsion::apps
