// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion check`: one net on two implementations, with the same weights and photos; every value, and in
// training every gradient, of the one beside the other. Names the first place where they part.
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_json.h"
#include "apps/compare.h"
#include "apps/kinks.h"
#include "apps/random_photos.h"

namespace emulsion::apps {
namespace {

// The kinds of devices for which an implementation was built.
std::vector<kernels::DeviceKind> devices_of(const std::string& implementation) {
    std::vector<kernels::DeviceKind> kinds;
    for (int i = 0; i < kernels::op_kind_count; ++i) {
        for (const auto& entry : kernels::implementations(static_cast<OpKind>(i))) {
            if (entry.name == implementation || entry.full_name() == implementation)
                kinds.push_back(entry.device);
        }
    }
    return kinds;
}

struct Settings {
    std::string model, tested, reference, reference_device;
    std::uint64_t seed = 1;
    RunOptions run;
    bool train = false, json = false;

    // All values are held; only the tested side computes in --precision.
    Options options(const std::string& implementation, bool full_precision) const {
        Options options = run.options();
        options.implementations = {{"*", implementation}};
        options.hold_all = true;
        if (full_precision) options.precision = kernels::Precision::fp32;
        return options;
    }
    Options tested_options() const { return options(tested, false); }
    Options reference_options() const {
        Options options = this->options(reference, true);
        options.device = reference_on();
        return options;
    }

    DeviceId tested_on() const { return DeviceId::parse(run.device); }
    // Unless told where, the device that has the implementation: the same one if it does, else the CPU if
    // that does.
    DeviceId reference_on() const {
        if (!reference_device.empty()) return DeviceId::parse(reference_device);
        const std::vector<kernels::DeviceKind> kinds = devices_of(reference);
        const auto has = [&](kernels::DeviceKind kind) {
            return std::ranges::find(kinds, kind) != kinds.end();
        };
        if (has(tested_on().kind)) return tested_on();
        return {has(kernels::DeviceKind::cpu) ? kernels::DeviceKind::cpu : kinds.front(), 0};
    }
};

struct Row {
    std::string name, tested, reference;  ///< and who computed it on either side
    Difference difference;
    double tolerance = 0;

    bool inside() const { return difference.within(tolerance); }
};

struct Report {
    std::vector<Row> values, gradients;
    std::vector<std::string> rewrites;
    int left_out = 0;  ///< photos without a part in the gradients

    const Row* first_parted() const {
        for (const auto* rows : {&values, &gradients}) {
            for (const Row& row : *rows) {
                if (!row.inside()) return &row;
            }
        }
        return nullptr;
    }
    bool inside(bool train) const { return first_parted() == nullptr && gradients.empty() != train; }
};

// Who runs the operations of a layer in one pass: "onednn", or "onednn+eigen" where several do.
std::string implementations_of(const Program& program, const std::string& layer, Pass pass) {
    std::vector<std::string> names;
    for (const StepInfo& step : program.steps()) {
        if (step.layer != layer || step.pass != pass) continue;
        if (std::count(names.begin(), names.end(), step.implementation) == 0)
            names.push_back(step.implementation);
    }
    return fmt::format("{}", fmt::join(names, "+"));
}

// Sides are two Sessions or two Trainers.
template <class Side>
std::vector<Row> compare_values(const NetDef& net, const Side& tested, const Side& reference,
                                const Tolerances& tolerances) {
    std::vector<Row> rows;
    const std::vector<std::string> readable = tested.readable();
    // A layer that a rewrite took away was computed by the one before it.
    std::string by_tested, by_reference;
    double largest = 0;  // of the value before
    for (const LayerDef& layer : net.layers) {
        const std::string own = implementations_of(tested.program(), layer.name, Pass::forward);
        if (!own.empty()) {
            by_tested = own;
            by_reference = implementations_of(reference.program(), layer.name, Pass::forward);
        }
        const std::string& name = layer.outputs.at(0);
        if (std::count(readable.begin(), readable.end(), name) == 0) continue;
        Row row{name, by_tested, by_reference, difference(tested.value(name), reference.value(name)),
                tolerances.output(layer.name)};
        const bool probabilities = layer.type == "softmax" || layer.type == "softmax_loss";
        if (probabilities) row.tolerance *= softmax_amplification(largest);
        largest = row.difference.largest_value;
        rows.push_back(std::move(row));
    }
    return rows;
}

Report compare_inference(const std::shared_ptr<const Model>& model, const Settings& settings) {
    Session tested(model, settings.tested_options()), reference(model, settings.reference_options());
    RandomPhotos photos(model->net().preprocessing, settings.run.batch, settings.seed);
    tested.run(photos.pixels(), settings.run.batch);
    reference.run(photos.pixels(), settings.run.batch);
    Report report;
    report.values = compare_values(model->net(), tested, reference,
                                   Tolerances(reference.program(), tested.options().precision));
    report.rewrites = tested.program().rewrites();
    return report;
}

// A copy in which chance plays no part and no parameter is frozen, so that every gradient is there.
std::shared_ptr<const Model> for_training(const std::shared_ptr<const Model>& model) {
    NetDef net = model->net();
    for (LayerDef& layer : net.layers) {
        if (layer.type == "dropout") layer.attributes.set("ratio", 0.0);
        for (ParamDef& param : layer.params) param.rate_mult = 1;
    }
    std::vector<std::span<const float>> weights;
    for (std::size_t i = 0; i < model->parameters().size(); ++i) weights.push_back(model->weights(i));
    return std::make_shared<Model>(std::move(net), model->factory(), std::move(weights), model,
                                   model->provenance());
}

// With no momentum and no decay, a batch without labels leaves the weights as they are, to the bit.
SolverConfig still_solver() {
    SolverConfig solver;
    solver.momentum = 0;
    solver.weight_decay = 0;
    return solver;
}

// Runs both on photos without labels, drawing others for those that part at a kink, until none does or
// patience ends. Answers the labels for the step that counts: -1 for photos that still part. The rest
// take class 1 once for every three times class 0: where gradients of classes were balanced they would
// cancel, and nothing but rounding would be left to compare.
std::vector<std::int32_t> settle_photos(Trainer& tested, Trainer& reference, RandomPhotos& photos) {
    constexpr int patience = 20;
    const int batch = photos.count();
    std::vector<std::int32_t> labels(static_cast<std::size_t>(batch), -1);
    std::vector<bool> parted;
    for (int round = 0; round < patience; ++round) {
        for (int i = 0; i < batch && round > 0; ++i) {
            if (parted[static_cast<std::size_t>(i)]) photos.redraw(i);
        }
        tested.step({photos.pixels(), labels, {}, batch});
        reference.step({photos.pixels(), labels, {}, batch});
        parted = parted_at_kinks(tested, reference, batch);
        if (std::count(parted.begin(), parted.end(), true) == 0) break;
    }
    for (int i = 0, counted = 0; i < batch; ++i) {
        if (parted[static_cast<std::size_t>(i)]) continue;
        labels[static_cast<std::size_t>(i)] = tested.classes() > 1 && counted % 4 == 3 ? 1 : 0;
        ++counted;
    }
    return labels;
}

std::vector<Row> compare_gradients(const Model& model, const Trainer& tested, const Trainer& reference,
                                   const Tolerances& tolerances, double cancellation) {
    std::vector<Row> rows;
    for (const Parameter& parameter : model.parameters()) {
        const std::string layer = parameter.name.substr(0, parameter.name.rfind('.'));
        rows.push_back({parameter.name, implementations_of(tested.program(), layer, Pass::backward),
                        implementations_of(reference.program(), layer, Pass::backward),
                        difference(tested.gradient(parameter.name), reference.gradient(parameter.name)),
                        tolerances.gradient(layer, cancellation)});
    }
    std::reverse(rows.begin(), rows.end());  // the order in which the backward pass makes them
    return rows;
}

Report compare_training(const std::shared_ptr<const Model>& given, const Settings& settings) {
    const std::shared_ptr<const Model> model = for_training(given);
    Trainer tested(model, still_solver(), settings.tested_options());
    Trainer reference(model, still_solver(), settings.reference_options());
    RandomPhotos photos(model->net().preprocessing, settings.run.batch, settings.seed);
    const std::vector<std::int32_t> labels = settle_photos(tested, reference, photos);
    tested.step({photos.pixels(), labels, {}, photos.count()});
    reference.step({photos.pixels(), labels, {}, photos.count()});

    const Tolerances tolerances(reference.program(), kernels::Precision::fp32);
    Report report;
    report.values = compare_values(model->net(), tested, reference, tolerances);
    report.rewrites = tested.program().rewrites();
    report.left_out = static_cast<int>(std::count(labels.begin(), labels.end(), -1));
    if (report.left_out < photos.count()) {
        const std::vector<float> probabilities = reference.value(reference.readable().back());
        report.gradients = compare_gradients(*model, tested, reference, tolerances,
                                             loss_cancellation(probabilities, labels));
    }
    return report;
}

std::string write_rows(const std::string& title, const std::vector<Row>& rows) {
    constexpr auto right = Table::Align::right;
    Table table({{title},
                 {"tested"},
                 {"against"},
                 {"largest", right},
                 {"error", right},
                 {"relative", right},
                 {"tolerance", right},
                 {""}});
    for (const Row& row : rows) {
        table.add({row.name, row.tested, row.reference, fmt::format("{:.3g}", row.difference.largest_value),
                   fmt::format("{:.1e}", row.difference.largest_error),
                   fmt::format("{:.1e}", row.difference.relative()), fmt::format("{:.1e}", row.tolerance),
                   row.inside() ? "" : "OUTSIDE"});
    }
    return table.text();
}

std::string write_verdict(const Report& report, const Settings& settings) {
    if (const Row* row = report.first_parted()) {
        return fmt::format("They part first at {}: an error of {:.1e}, where {:.1e} is tolerated.\n",
                           row->name, row->difference.relative(), row->tolerance);
    }
    if (!report.inside(settings.train)) {
        return "Gradients could not be compared: every photo drawn takes different sides of a ReLU or max "
               "pooling.\n";
    }
    if (settings.tested_on() == settings.reference_on())
        return fmt::format("{} and {} agree within the tolerance.\n", settings.tested, settings.reference);
    return fmt::format("{} on {} and {} on {} agree within the tolerance.\n", settings.tested,
                       settings.tested_on().name(), settings.reference, settings.reference_on().name());
}

void print_for_people(const Report& report, const Settings& settings) {
    std::string text = write_rows("value", report.values);
    if (!report.gradients.empty()) text += "\n" + write_rows("gradient", report.gradients);
    if (!report.rewrites.empty()) text += fmt::format("\nRewrites: {}\n", fmt::join(report.rewrites, "; "));
    if (report.left_out > 0) {
        text += fmt::format(
            "\n{} of {} photos left out of the gradients: the two take different sides of a ReLU or "
            "max pooling there.\n",
            report.left_out, settings.run.batch);
    }
    print(text + "\n" + write_verdict(report, settings));
}

Json rows_json(const std::vector<Row>& rows) {
    Json json = Json::array();
    for (const Row& row : rows) {
        json.push_back({{"name", row.name},
                        {"tested", row.tested},
                        {"against", row.reference},
                        {"largest_value", row.difference.largest_value},
                        {"largest_error", row.difference.largest_error},
                        {"relative_error", row.difference.relative()},
                        {"tolerance", row.tolerance},
                        {"inside", row.inside()}});
    }
    return json;
}

void print_for_machines(const Report& report, const Settings& settings) {
    Json json;
    json["model"] = settings.model;
    json["tested"] = settings.tested;
    json["against"] = settings.reference;
    json["device"] = settings.tested_on().name();
    json["against_device"] = settings.reference_on().name();
    json["batch"] = settings.run.batch;
    json["train"] = settings.train;
    json["seed"] = settings.seed;
    json["inside"] = report.inside(settings.train);
    const Row* parted = report.first_parted();
    json["first_parted"] = parted != nullptr ? Json(parted->name) : Json(nullptr);
    json["photos_left_out"] = report.left_out;
    json["rewrites"] = report.rewrites;
    json["values"] = rows_json(report.values);
    json["gradients"] = rows_json(report.gradients);
    print_json(json);
}

constexpr const char* explanation =
    "A net's weights are drawn from its fillers, photos are noise; both follow from --seed. An error is the\n"
    "largest difference relative to the tensor's largest value. A step whose results sum up K terms adds an\n"
    "error of sqrt(K) * 2^-24 (in tf32 2 * 2^-11 more, in bf16 2 * 2^-9); errors of the steps up to there "
    "add up by their "
    "squares,\n"
    "and 4 times the root of that sum is tolerated. Softmax multiplies it by the size of its input. NaN and\n"
    "infinity are never tolerated.\n"
    "With --train, dropout is off and nothing is frozen; photos for which the two take different sides of a\n"
    "ReLU or max pooling are drawn anew, since there gradients differ by whole terms.\n"
    "Values that a rewrite took away (a convolution's, with ReLU fused in) are seen with --no-fuse.\n"
    "The exit code is 0 if all is within the tolerance and 1 if not.";

void describe(CLI::App& app, Settings& settings) {
    app.add_option("--model", settings.model, "A model file, or the name of a net")
        ->required()
        ->type_name("MODEL|NET");
    app.add_option("--impl", settings.tested, "The implementation to test, for all operations")
        ->required()
        ->type_name("NAME");
    app.add_option("--against", settings.reference, "The implementation to trust")
        ->required()
        ->type_name("NAME");
    app.add_option("--against-device", settings.reference_device,
                   "Where that one runs; else on --device if it can, and else on the CPU")
        ->type_name("DEVICE");
    settings.run.batch = 4;
    add_batch_option(app, settings.run);
    app.add_flag("--train", settings.train, "Compare a training step: the gradients of all parameters too");
    app.add_option("--seed", settings.seed, "Seed of the random weights and photos")
        ->type_name("N")
        ->capture_default_str();
    app.add_flag("--strict", settings.run.strict, "An operation that an implementation lacks is an error");
    app.add_flag("--no-fuse", settings.run.no_fuse, "Run the net as it is written, without rewrites");
    add_machine_options(app, settings.run);
    add_json_option(
        app, settings.json,
        R"({"model", "tested", "against", "device", "against_device", "batch", "train", "seed", "inside", "first_parted", )"
        R"("photos_left_out", "rewrites", "values": [...], "gradients": [...]})");
    app.footer(explanation);
}

int run(const Settings& settings) {
    require_implementation(settings.tested);
    require_implementation(settings.reference);
    if (settings.train && settings.run.precision != "fp32") {
        throw Error(Error::Kind::usage, "check --train compares in fp32 only: in " + settings.run.precision +
                                            " no photo stays on its side of every ReLU");
    }
    const std::shared_ptr<const Model> model = open_or_initialise(settings.model, settings.seed);
    const Report report =
        settings.train ? compare_training(model, settings) : compare_inference(model, settings);
    if (settings.json) {
        print_for_machines(report, settings);
    } else {
        print_for_people(report, settings);
    }
    return report.inside(settings.train) ? 0 : static_cast<int>(Error::Kind::failure);
}

}  // namespace

void add_check(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "check", "Compare two implementations, layer by layer", describe,
                             run);
}

}  // namespace emulsion::apps
