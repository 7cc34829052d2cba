// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion train`: a net taught by Caffe's SGD from a list of photos and labels.
#include <fnmatch.h>
#include <spdlog/fmt/fmt.h>

#include <emulsion/emulsion.h>
#include <emulsion/import.h>
#include <algorithm>
#include <charconv>
#include <cmath>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_text.h"
#include "apps/traced.h"
#include "apps/train_settings.h"
#include "apps/training_run.h"

namespace emulsion::apps {
namespace {

bool learns(const LayerDef& def) {
    return !def.params.empty();
}

// Multiplies the learning rate of all that the layers of a pattern learn.
void multiply_rate(NetDef& net, const std::string& option, const std::string& pattern, double factor) {
    std::vector<std::string> learning;
    bool found = false;
    for (LayerDef& def : net.layers) {
        if (!learns(def)) continue;
        learning.push_back(def.name);
        if (fnmatch(pattern.c_str(), def.name.c_str(), 0) != 0) continue;
        for (ParamDef& param : def.params) param.rate_mult *= factor;
        found = true;
    }
    if (found) return;
    throw Error(Error::Kind::usage, fmt::format("{} {}: the net has no such layer that learns; there are {}",
                                                option, pattern, fmt::join(learning, ", ")));
}

void apply_multipliers(NetDef& net, const TrainSettings& s) {
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

// Gives the last layer that learns another number of outputs; answers its name.
std::string replace_last_layer(NetDef& net, int classes) {
    const auto last = std::find_if(net.layers.rbegin(), net.layers.rend(), learns);
    if (last == net.layers.rend())
        throw Error(Error::Kind::usage, "--classes: the net has no layer that learns");
    last->attributes.set("outputs", std::int64_t{classes});
    // Zeros, as in files that are not for training, would never learn behind a ReLU.
    Filler& filler = last->params.at(0).filler;
    if (filler.kind == Filler::Kind::constant) filler = {.kind = Filler::Kind::gaussian, .deviation = 0.01};
    net.classes.clear();
    return last->name;
}

// What training begins with: a net, and a model where weights come with the net.
ModelOrNet open_start(TrainSettings& s, ImportReport& report) {
    if (!s.solver_file.empty()) return {take_solver_file(s), nullptr};
    if (s.net.empty() == s.model.empty())
        throw Error(Error::Kind::usage, "give one of --net, --model and --solver");
    if (!s.net.empty()) return {import_net(s.net, &report), nullptr};
    const auto model = import_model(s.model, {}, &report);
    return {model->net(), model};
}

void refuse_misshapen(const ImportReport& report, const std::string& file) {
    if (report.misshapen.empty()) return;
    throw Error(Error::Kind::data, fmt::format("{}: {}; a layer that is to start afresh needs another name",
                                               file, report.misshapen.front()));
}

void print_account(const ImportReport& report, const std::string& file) {
    print(fmt::format("from {}: {} parameters taken, {} started afresh, {} left over\n", file,
                      report.loaded.size(), report.missing.size(), report.left_over.size()));
    for (const auto* lines : {&report.missing, &report.left_over, &report.notes}) {
        for (const std::string& line : *lines) print("  " + one_line(line) + "\n");
    }
}

std::shared_ptr<const Model> starting_weights(const NetDef& net, const ModelOrNet& start,
                                              const std::string& replaced, const TrainSettings& s) {
    const std::string& file = s.weights.empty() ? s.model : s.weights;
    if (s.resume || file.empty()) return initialise(net, s.seed_or_default());  // a snapshot holds its own
    ImportOptions options;
    options.seed = s.seed_or_default();
    options.net = s.net;
    options.fresh_layer = replaced;
    ImportReport report;
    const auto weights = s.weights.empty() ? start_from(start.model, net, options, &report)
                                           : start_from(s.weights, net, options, &report);
    refuse_misshapen(report, file);
    print_account(report, file);
    return weights;
}

int count_classes(const NetDef& net, Options options) {
    options.batch = 1;
    return static_cast<int>(compile(net, Mode::inference, options)->layers().back().outputs.at(0).c);
}

void check_crop(const TrainSettings& s, const Preprocessing& p) {
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

void settle_solver(TrainSettings& s, std::size_t photos) {
    s.solver.policy = parse_policy(s.policy);
    if (s.iterations) s.solver.iterations = *s.iterations;
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

std::map<std::string, std::string> binding_settings(const TrainSettings& s, const TrainingPlan& plan) {
    const SolverConfig& c = s.solver;
    return {{"--train", fingerprint(plan.training)},
            {"--batch", std::to_string(s.run.batch)},
            {"--seed", std::to_string(s.seed_or_default())},
            {"--mirror", s.mirror ? "on" : "off"},
            {"--crop", s.crop ? "on" : "off"},
            {"--solver's order", s.shuffle ? "shuffled" : "as listed"},
            {"--solver's test_iter", std::to_string(s.validation_photos) + " photos"},
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

std::map<std::string, std::string> provenance(const TrainSettings& s, const TrainingPlan& plan) {
    std::map<std::string, std::string> made = {
        {"trained by", std::string("emulsion ") + EMULSION_VERSION},
        {"trained on", fmt::format("{} ({} photos)", s.train, plan.training.size())},
        {"solver", fmt::format("SGD, batch {}, {} iterations, rate {} ({}), momentum {}, decay {}, seed {}",
                               s.run.batch * s.solver.iter_size, s.solver.iterations, s.solver.base_rate,
                               s.policy, s.solver.momentum, s.solver.weight_decay, s.seed_or_default())}};
    const std::string& from = s.weights.empty() ? s.model : s.weights;
    if (!from.empty()) made["started from"] = from;
    if (!s.solver_file.empty()) made["solver file"] = s.solver_file;
    if (!s.preset.empty()) made["preset"] = s.preset + ": " + s.preset_words;
    if (s.patience > 0) made["early end"] = fmt::format("after {} checks that were no better", s.patience);
    if (!s.validation.empty())
        made["validated on"] = fmt::format("{} ({} photos)", s.validation, plan.validation.size());
    return made;
}

LoaderOptions loader_options(const TrainSettings& s, const NetDef& net, const Log& log) {
    LoaderOptions loader;
    loader.preprocessing = net.preprocessing;
    loader.batch = s.run.batch;
    loader.seed = s.seed_or_default();
    loader.shuffle = s.shuffle;
    loader.random_crop = s.crop;
    loader.mirror = s.mirror;
    loader.decode.log = log;
    loader.trace = s.run.trace;
    return loader;
}

void require_lists(const TrainSettings& s) {
    if (s.train.empty()) throw Error(Error::Kind::usage, "--train is required, or --solver");
    if (s.out.empty()) throw Error(Error::Kind::usage, "--out is required, or --solver");
    if (s.patience > 0 && s.validation.empty())
        throw Error(Error::Kind::usage,
                    fmt::format("--patience {}{}: it watches the checks on --val, which is not given",
                                s.patience, s.preset == "modern" ? ", of --preset modern" : ""));
}

TrainingPlan plan_of(TrainSettings& s, const NetDef& net, const Options& options) {
    TrainingPlan plan;
    const int classes = count_classes(net, options);
    plan.training = read_labelled_list(s.train, classes, s.train_folder);
    if (!s.validation.empty())
        plan.validation = read_labelled_list(s.validation, classes, s.validation_folder);
    settle_solver(s, plan.training.size());
    plan.folder = s.out;
    plan.resume = s.resume;
    plan.validation_interval = s.validation_interval;
    plan.validation_photos = s.validation_photos;
    plan.patience = s.patience;
    plan.validate_first = s.validate_first;
    plan.snapshot_interval = s.snapshot_interval;
    plan.log_interval = s.log_interval;
    plan.caffe_prefix = s.caffe_prefix;
    plan.caffe_interval = s.caffe_interval;
    plan.cache_bytes = parse_bytes(s.cache, "--cache");
    plan.settings = binding_settings(s, plan);
    plan.provenance = provenance(s, plan);
    plan.published = net;
    plan.loader = loader_options(s, net, options.log);
    return plan;
}

int run(const TrainSettings& given) {
    TrainSettings s = given;
    ImportReport report;
    ModelOrNet start = open_start(s, report);
    require_lists(s);
    print_notes(report, s.run.options().log);
    s.unused_settings.insert(s.unused_settings.end(), report.ignored.begin(), report.ignored.end());
    for (const std::string& unused : s.unused_settings) print("ignored: " + one_line(unused) + "\n");
    const std::string replaced = s.classes > 0 ? replace_last_layer(start.net, s.classes) : "";
    settle_crop(s, start.net.preprocessing);
    check_crop(s, start.net.preprocessing);
    if (!s.preset.empty()) print(fmt::format("preset {}: {}\n", s.preset, s.preset_words));
    Options options = s.run.options();
    options.seed = s.seed_or_default();
    TrainingPlan plan = plan_of(s, start.net, options);

    const std::size_t photos = plan.training.size() + plan.validation.size();
    const bool in_memory = fitted_bytes(photos, start.net.preprocessing) <= plan.cache_bytes;
    const ThreadSplit threads = split_threads(s.run.thread_count(), in_memory, options.device.kind);
    plan.loader.threads = threads.loader;
    options.threads = threads.compute;

    NetDef net = start.net;
    apply_multipliers(net, s);
    Trainer trainer(starting_weights(net, start, replaced, s), s.solver, options);
    return TrainingRun(std::move(plan), trainer).run();
}

}  // namespace

void add_train(CLI::App& app, Runner& runner) {
    add_subcommand<TrainSettings>(app, runner, "train", "Teach a net from photos and labels", describe_train,
                                  traced<TrainSettings, run, OnSignal::leave_to_command>);
}

}  // namespace emulsion::apps
