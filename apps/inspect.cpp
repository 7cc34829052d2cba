// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion inspect`: a model or net on paper: layers, rewrites, memory. Nothing is run and no weights are
// read, so a plan for any batch is there at once.
#include <spdlog/fmt/fmt.h>

#include <optional>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_json.h"

namespace emulsion::apps {
namespace {

struct Settings {
    std::string model, net, limit;
    RunOptions run;
    bool train = false, batch_invariant = false, json = false;

    Mode mode() const { return train ? Mode::training : Mode::inference; }
    const char* mode_name() const { return train ? "training" : "inference"; }
};

struct Findings {
    ModelOrNet subject;
    std::vector<Parameter> parameters;
    std::unique_ptr<Program> program;
    std::optional<kernels::AcceleratorInfo> device;  ///< where that is not the CPU
    int largest = -1;                                ///< batch under --limit; -1: no limit was given
};

std::int64_t count(const std::vector<Parameter>& parameters) {
    std::int64_t sum = 0;
    for (const Parameter& p : parameters) sum += p.count();
    return sum;
}

// Per photo: "96x38x58".
std::string photo_shape(const Shape& shape) {
    return fmt::format("{}x{}x{}", shape.c, shape.h, shape.w);
}

double gflop_per_photo(const LayerInfo& layer, int batch) {
    return layer.forward_flop / batch * 1e-9;
}

double gflop_per_photo(const Program& program, int batch) {
    double sum = 0;
    for (const LayerInfo& layer : program.layers()) sum += gflop_per_photo(layer, batch);
    return sum;
}

std::string write_head(const Findings& found, const Settings& settings) {
    const NetDef& net = found.subject.net;
    std::string text = fmt::format("net            {}\n", net.name);
    text += fmt::format("input          {}x{}x{}: {}\n", net.channels, net.height, net.width,
                        emulsion::describe(net.preprocessing));
    if (!net.classes.empty() && net.classes.size() <= 20) {
        text += fmt::format("classes        {}\n", fmt::join(net.classes, ", "));
    } else if (!net.classes.empty()) {
        text += fmt::format("classes        {}\n", net.classes.size());
    }
    text += fmt::format("parameters     {} in {} tensors\n", with_commas(count(found.parameters)),
                        found.parameters.size());
    text += fmt::format("forward        {:.3f} GFLOP a photo\n",
                        gflop_per_photo(*found.program, settings.run.batch));
    if (found.subject.model) {
        for (const auto& [key, value] : found.subject.model->provenance()) {
            text += fmt::format("{:<14} {}\n", key, one_line(value));
        }
    }
    for (const std::string& line : found.subject.report.ignored)
        text += fmt::format("ignored        {}\n", one_line(line));
    for (const std::string& line : found.subject.report.notes)
        text += fmt::format("note           {}\n", one_line(line));
    return text;
}

std::string write_layers(const Program& program, int batch) {
    Table table({{"layer"},
                 {"type"},
                 {"output"},
                 {"parameters", Table::Align::right},
                 {"GFLOP", Table::Align::right}});
    for (const LayerInfo& layer : program.layers()) {
        std::vector<std::string> shapes;
        for (const Shape& s : layer.outputs) shapes.push_back(photo_shape(s));
        table.add({layer.name, layer.type, fmt::format("{}", fmt::join(shapes, " ")),
                   layer.parameters == 0 ? "" : with_commas(layer.parameters),
                   fixed(gflop_per_photo(layer, batch), 4)});
    }
    return table.text();
}

std::string write_rewrites(const Program& program) {
    if (program.rewrites().empty()) return "Rewrites: none\n";
    std::string text = "Rewrites\n";
    for (const std::string& line : program.rewrites()) text += "  " + line + "\n";
    return text;
}

std::string write_memory(const MemoryPlan& plan, const Settings& settings) {
    Table table({{"memory"}, {"", Table::Align::right}, {""}});
    const auto row = [&](const char* name, std::size_t bytes, const std::string& note) {
        if (bytes != 0) table.add({name, human_bytes(static_cast<double>(bytes)), note});
    };
    row("parameters", plan.parameters, "");
    row("gradients", plan.gradients, "");
    row("momentum", plan.momentum, "");
    row("packed", plan.packed, "weights again, in the layouts that plans want");
    row("activations", plan.activations,
        human_bytes(static_cast<double>(plan.unshared)) + " if none were shared");
    row("workspace", plan.workspace, "");
    row("staging", plan.staging, "photos on their way in");
    row("total", plan.total(), "");
    return fmt::format("Plan for {} of {} on {}\n", settings.mode_name(),
                       settings.run.batch == 1 ? "1 photo" : fmt::format("{} photos", settings.run.batch),
                       settings.run.device) +
           table.text(2);
}

std::string write_limit(int largest, const Settings& settings) {
    if (largest == 0) return fmt::format("Not even one photo fits in {}\n", settings.limit);
    return fmt::format("Largest batch for {} in {}: {}\n", settings.mode_name(), settings.limit, largest);
}

Json layers_json(const Program& program) {
    const auto shapes = [](const std::vector<Shape>& list) {
        Json json = Json::array();
        for (const Shape& s : list) json.push_back({s.n, s.c, s.h, s.w});
        return json;
    };
    Json json = Json::array();
    for (const LayerInfo& layer : program.layers()) {
        json.push_back({{"name", layer.name},
                        {"type", layer.type},
                        {"inputs", shapes(layer.inputs)},
                        {"outputs", shapes(layer.outputs)},
                        {"parameters", layer.parameters},
                        {"forward_flop", layer.forward_flop}});
    }
    return json;
}

Json memory_json(const MemoryPlan& plan) {
    return {{"parameters", plan.parameters}, {"gradients", plan.gradients},     {"momentum", plan.momentum},
            {"packed", plan.packed},         {"activations", plan.activations}, {"unshared", plan.unshared},
            {"workspace", plan.workspace},   {"staging", plan.staging},         {"total", plan.total()}};
}

void print_for_machines(const Findings& found, const Settings& settings) {
    const NetDef& net = found.subject.net;
    Json json;
    json["net"] = net.name;
    json["input"] = {net.channels, net.height, net.width};
    json["classes"] = net.classes;
    json["provenance"] = Json::object();
    if (found.subject.model) json["provenance"] = found.subject.model->provenance();
    json["ignored"] = found.subject.report.ignored;
    json["notes"] = found.subject.report.notes;
    json["parameters"] = count(found.parameters);
    json["flop_per_photo"] = gflop_per_photo(*found.program, settings.run.batch) * 1e9;
    json["batch"] = settings.run.batch;
    json["mode"] = settings.mode_name();
    json["layers"] = layers_json(*found.program);
    json["rewrites"] = found.program->rewrites();
    json["memory"] = memory_json(found.program->memory());
    if (found.device) json["device"] = {{"name", found.device->name}, {"memory", found.device->memory}};
    if (found.largest >= 0) json["largest_batch"] = found.largest;
    print_json(json);
}

void print_for_people(const Findings& found, const Settings& settings) {
    std::string text = write_head(found, settings) + "\n";
    text += write_layers(*found.program, settings.run.batch) + "\n";
    text += write_rewrites(*found.program) + "\n";
    text += write_memory(found.program->memory(), settings);
    if (found.device) {
        text += fmt::format("\n{}: {}, {} in all\n", settings.run.device, found.device->name,
                            human_bytes(static_cast<double>(found.device->memory)));
    }
    if (found.largest >= 0) text += "\n" + write_limit(found.largest, settings);
    print(text);
}

void describe(CLI::App& app, Settings& settings) {
    app.add_option("model", settings.model, "A model file of any format, or the name of a net")
        ->required()
        ->type_name("MODEL|NET");
    app.add_option("--net", settings.net, "The net, by name or by a file, where MODEL holds none")
        ->type_name("NET|FILE");
    add_batch_option(app, settings.run, "Photos a run, for the memory plan");
    app.add_flag("--train", settings.train, "Plan for training instead of inference");
    app.add_flag("--batch-invariant", settings.batch_invariant, "Plan for scores that no batch can change");
    app.add_option("--limit", settings.limit,
                   "Also tell the largest batch whose plan fits in this much memory")
        ->type_name("BYTES");
    add_machine_options(app, settings.run);
    add_implementation_options(app, settings.run);
    add_json_option(
        app, settings.json,
        R"({"net", "input", "classes", "provenance", "ignored", "notes", "parameters", "flop_per_photo", "batch", )"
        R"("mode", "layers": [...], "rewrites": [...], "memory": {...}, "device": {...}, "largest_batch"})");
    app.footer("Shapes and GFLOP are a photo's; sizes with KiB, MiB, GiB count in 1024s.");
}

int run(const Settings& settings) {
    Options options = settings.run.options();
    options.batch_invariant = settings.batch_invariant;
    const std::uint64_t limit = settings.limit.empty() ? 0 : parse_bytes(settings.limit, "--limit");

    Findings found;
    found.subject = open_model_or_net(settings.model, settings.net);
    const NetDef& net = found.subject.net;
    found.parameters = parameters_of(net);
    found.program = compile(net, settings.mode(), options);
    found.device = require_device(options.device);
    if (limit != 0) found.largest = largest_batch(net, settings.mode(), options, limit);
    if (settings.json) {
        print_for_machines(found, settings);
    } else {
        print_for_people(found, settings);
    }
    return 0;
}

}  // namespace

void add_inspect(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "inspect",
                             "A model's layers, parameters, arithmetic, rewrites and memory plan", describe,
                             run);
}

}  // namespace emulsion::apps
