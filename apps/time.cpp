// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion time`: where the time of a run goes, step by step, beside what this machine can do at best.
#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <functional>
#include <optional>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_json.h"
#include "apps/measure.h"
#include "apps/random_photos.h"
#include "apps/traced.h"

namespace emulsion::apps {
namespace {

struct Settings {
    std::string model;
    RunOptions run;
    int runs = 10;
    bool train = false, batch_invariant = false, json = false;

    Options options(bool invariant) const {
        Options options = run.options();
        options.batch_invariant = invariant;
        return options;
    }
};

struct Timing {
    double milliseconds = 0;       ///< of a whole run, not profiled: the median
    std::vector<StepInfo> steps;   ///< profiled
    double free_milliseconds = 0;  ///< in batch-invariant mode: a run without it; else 0

    double steps_milliseconds() const {
        double sum = 0;
        for (const StepInfo& step : steps) sum += mean(step);
        return sum;
    }
    double flop() const {
        double sum = 0;
        for (const StepInfo& step : steps) sum += step.cost.flop;
        return sum;
    }
    static double mean(const StepInfo& step) { return step.runs > 0 ? step.milliseconds / step.runs : 0; }
};

constexpr int warm_up_runs = 2;

double median_milliseconds(int runs, const std::function<void()>& run) {
    std::vector<double> samples;
    for (int i = 0; i < runs; ++i) {
        const auto start = std::chrono::steady_clock::now();
        run();
        samples.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    return median(std::move(samples));
}

// Side is a Session or a Trainer, whose run (or step) on a full batch is `run`.
template <class Side>
Timing measure(Side& side, int runs, const std::function<void()>& run) {
    for (int i = 0; i < warm_up_runs; ++i) run();
    Timing timing;
    timing.milliseconds = median_milliseconds(runs, run);
    side.profile(true);
    for (int i = 0; i < runs; ++i) run();
    side.profile(false);
    return timing;
}

Timing time_inference(const std::shared_ptr<const Model>& model, const Settings& settings, bool invariant) {
    Session session(model, settings.options(invariant));
    const RandomPhotos photos(model->net().preprocessing, settings.run.batch, 1);
    Timing timing = measure(session, settings.runs, [&] { session.run(photos.pixels(), photos.count()); });
    timing.steps = session.program().steps();
    return timing;
}

Timing time_training(const std::shared_ptr<const Model>& model, const Settings& settings) {
    SolverConfig solver;
    solver.base_rate = 1e-6;  // noise teaches nothing, and must not make weights grow either
    Trainer trainer(model, solver, settings.options(settings.batch_invariant));
    const RandomPhotos photos(model->net().preprocessing, settings.run.batch, 1);
    std::vector<std::int32_t> labels(static_cast<std::size_t>(settings.run.batch));
    for (int i = 0; i < settings.run.batch; ++i) labels[static_cast<std::size_t>(i)] = i % trainer.classes();
    Timing timing = measure(trainer, settings.runs, [&] {
        trainer.step({photos.pixels(), labels, {}, photos.count()});
    });
    timing.steps = trainer.steps();
    return timing;
}

Timing time_model(const Settings& settings) {
    const std::shared_ptr<const Model> model = open_or_initialise(settings.model, 1);
    if (settings.train) return time_training(model, settings);
    Timing timing = time_inference(model, settings, settings.batch_invariant);
    if (settings.batch_invariant) {
        timing.free_milliseconds = time_inference(model, settings, false).milliseconds;
    }
    return timing;
}

const char* name(Pass pass) {
    constexpr const char* names[] = {"forward", "backward", "update"};
    return names[static_cast<int>(pass)];
}

double per_second(double amount, double milliseconds) {
    return milliseconds > 0 ? amount / (milliseconds * 1e-3) : 0;
}

// What part of the step's time the machine at its best would need.
double part_of_roof(const StepInfo& step, const Roofline& roof) {
    const double seconds = Timing::mean(step) * 1e-3;
    return seconds > 0 ? roof.floor_seconds(step.cost) / seconds : 0;
}

std::string write_steps(const Timing& timing, const std::optional<Roofline>& roof) {
    constexpr auto right = Table::Align::right;
    std::vector<Table::Column> columns = {{"step"},           {"operation"},  {"by"},
                                          {"variant"},        {"ms", right},  {"share", right},
                                          {"GFLOP/s", right}, {"GB/s", right}};
    if (roof) columns.push_back({"of roof", right});
    Table table(std::move(columns));
    const double total = timing.steps_milliseconds();
    for (const StepInfo& step : timing.steps) {
        const double ms = Timing::mean(step);
        std::vector<std::string> row = {step.layer,
                                        kernels::name(step.operation.kind),
                                        step.implementation,
                                        step.variant,
                                        fixed(ms, 3),
                                        fixed(total > 0 ? 100 * ms / total : 0, 1) + "%",
                                        fixed(per_second(step.cost.flop, ms) * 1e-9, 1),
                                        fixed(per_second(step.cost.bytes, ms) * 1e-9, 1)};
        if (roof) row.push_back(fixed(100 * part_of_roof(step, *roof), 0) + "%");
        table.add(std::move(row));
    }
    return table.text();
}

std::string write_totals(const Timing& timing, const std::optional<Roofline>& roof,
                         const Settings& settings) {
    const double ms = timing.milliseconds;
    const double rate = per_second(timing.flop(), ms);
    std::string text = fmt::format(
        "whole {}      {:.3f} ms for {} (median of {})\n", settings.train ? "step" : "run ", ms,
        settings.run.batch == 1 ? "1 photo" : fmt::format("{} photos", settings.run.batch), settings.runs);
    text += fmt::format("rate            {:.1f} photos/s\n", per_second(settings.run.batch, ms));
    text += fmt::format("sum of steps    {:.3f} ms, timed one by one\n", timing.steps_milliseconds());
    text += fmt::format("arithmetic      {:.1f} GFLOP/s", rate * 1e-9);
    text += roof ? fmt::format(", {:.1f}% of the FMA peak\n", 100 * rate / roof->flop_per_second) : "\n";
    if (timing.free_milliseconds > 0) {
        text += fmt::format("batch-invariant {:.3f} ms without: it costs {:+.1f}%\n",
                            timing.free_milliseconds, 100 * (ms / timing.free_milliseconds - 1));
    }
    if (!roof) return text;
    text += fmt::format(
        "this machine    FMA peak {:.1f} GFLOP/s ({}), memory {:.1f} GB/s, {} threads, measured now\n",
        roof->flop_per_second * 1e-9, roof->vector, roof->bytes_per_second * 1e-9, roof->threads);
    return text;
}

Json steps_json(const Timing& timing, const std::optional<Roofline>& roof) {
    Json json = Json::array();
    for (const StepInfo& step : timing.steps) {
        json.push_back({{"layer", step.layer},
                        {"pass", name(step.pass)},
                        {"operation", kernels::describe(step.operation)},
                        {"implementation", step.implementation},
                        {"variant", step.variant},
                        {"milliseconds", Timing::mean(step)},
                        {"flop", step.cost.flop},
                        {"bytes", step.cost.bytes}});
        if (roof) json.back()["part_of_roof"] = part_of_roof(step, *roof);
    }
    return json;
}

void print_for_machines(const Timing& timing, const std::optional<Roofline>& roof, const Settings& settings) {
    Json json;
    json["model"] = settings.model;
    json["device"] = settings.run.device;
    json["mode"] = settings.train ? "training" : "inference";
    json["batch"] = settings.run.batch;
    json["batch_invariant"] = settings.batch_invariant;
    json["runs"] = settings.runs;
    json["milliseconds"] = timing.milliseconds;
    json["photos_per_second"] = per_second(settings.run.batch, timing.milliseconds);
    json["steps_milliseconds"] = timing.steps_milliseconds();
    json["flop"] = timing.flop();
    if (timing.free_milliseconds > 0) json["free_milliseconds"] = timing.free_milliseconds;
    if (roof) {
        json["part_of_peak"] = per_second(timing.flop(), timing.milliseconds) / roof->flop_per_second;
        json["machine"] = {{"flop_per_second", roof->flop_per_second},
                           {"bytes_per_second", roof->bytes_per_second},
                           {"vector", roof->vector},
                           {"threads", roof->threads}};
    }
    json["steps"] = steps_json(timing, roof);
    print_json(json);
}

constexpr const char* explanation =
    "Each step of the net is shown with who runs it and how, its mean time, and its arithmetic and memory\n"
    "traffic a second (the least traffic that it needs at fp32, so what stays in caches can exceed the "
    "memory's\n"
    "speed). \"of roof\" is the time that this machine would need at its best, over the time taken: the FMA "
    "peak\n"
    "and the memory's bandwidth (reading, or reading and writing, whichever is more) are measured in the "
    "same run. They are the CPU's, so steps on another device are shown without.\n"
    "Weights of a net by name are random, photos are noise.";

void describe(CLI::App& app, Settings& settings) {
    app.add_option("--model", settings.model, "A model file, or the name of a net")
        ->required()
        ->type_name("MODEL|NET");
    add_batch_option(app, settings.run);
    app.add_flag("--train", settings.train, "Time a training step: forward, backward and update");
    app.add_option("--runs", settings.runs, "Runs to time, after two to warm up")
        ->check(within(1, 1'000'000))
        ->type_name("N")
        ->capture_default_str();
    app.add_flag("--batch-invariant", settings.batch_invariant,
                 "Only plans whose results no batch can change; prints the price");
    add_machine_options(app, settings.run);
    add_trace_option(app, settings.run);
    add_implementation_options(app, settings.run);
    add_json_option(
        app, settings.json,
        R"({"model", "device", "mode", "batch", "batch_invariant", "runs", "milliseconds", )"
        R"("photos_per_second", "steps_milliseconds", "flop", "part_of_peak", "free_milliseconds", )"
        R"("machine": {...}, "steps": [...]})");
    app.footer(explanation);
}

int run(const Settings& settings) {
    const Options options = settings.run.options();
    std::optional<Roofline> roof;  // what is measured is the CPU's
    if (options.device.kind == kernels::DeviceKind::cpu)
        roof = measure_roofline(settings.run.thread_count(), options.precision);
    const Timing timing = time_model(settings);
    if (settings.json) {
        print_for_machines(timing, roof, settings);
    } else {
        print(write_steps(timing, roof) + "\n" + write_totals(timing, roof, settings));
    }
    return 0;
}

}  // namespace

void add_time(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "time", "Time a net step by step, beside this machine's own limits",
                             describe, traced<Settings, run>);
}

}  // namespace emulsion::apps
