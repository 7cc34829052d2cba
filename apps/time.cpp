// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion time`: where the time of a run goes, step by step, beside what this machine can do at best.
#include <CLI/CLI.hpp>

#include <optional>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/time_report.h"
#include "apps/traced.h"
#include "engine/files.h"
#include "kernels/accelerator.h"

namespace emulsion::apps {
namespace {

struct Settings {
    std::string model, target, roofline;
    RunOptions run;
    int runs = 10;
    bool train = false, batch_invariant = false, json = false;
};

constexpr const char* explanation =
    "Each step of the net is shown with who runs it and how, its median time, and its arithmetic and memory\n"
    "traffic a second (the least traffic that it needs at fp32, so what stays in caches can exceed the "
    "memory's\n"
    "speed). \"of roof\" is the time that this machine would need at its best, over the time taken: the FMA "
    "peak\n"
    "and the memory's bandwidth (reading, or reading and writing, whichever is more) are measured in the "
    "same run on the CPU; of a GPU its data sheet is taken, where one is known. Winograd's convolution "
    "needs\n"
    "fewer multiplications than are counted, and can exceed it.\n"
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
    app.add_option(
           "--target", settings.target,
           "Set each step beside a card's data sheet too: a card of bench/targets, or a file like those")
        ->type_name("NAME|FILE.json");
    app.add_option("--roofline", settings.roofline, "Draw the steps under the roof, as SVG")
        ->type_name("FILE.svg");
    add_machine_options(app, settings.run);
    add_trace_option(app, settings.run);
    add_implementation_options(app, settings.run);
    add_json_option(
        app, settings.json,
        R"({"model", "device", "mode", "batch", "batch_invariant", "runs", "milliseconds", )"
        R"("photos_per_second", "steps_milliseconds", "steps_part_of_whole", "outside_milliseconds", "flop", )"
        R"("memory_bytes", "part_of_peak", "free_milliseconds", "machine": {...}, "steps": [...], )"
        R"("target": {...}})");
    app.footer(explanation);
}

// The data sheet of a GPU, if one is known; what is measured is the CPU's. Data sheets here have the peak of
// fp32 alone, beside which other products would be too good to be true.
void find_data_sheet(const Options& options, TimeReport& report) {
    const DeviceId& device = options.device;
    if (device.kind != kernels::DeviceKind::cuda || options.precision != kernels::Precision::fp32) return;
    std::string why_none;
    for (const auto& card : kernels::accelerators(device.kind, &why_none)) {
        if (card.index != device.index) continue;
        const auto sheet = target_of_device(card.name, report.target);
        if (!sheet) return;
        report.roof = sheet->roof();
        report.data_sheet = sheet->name;
    }
}

// Before anything is measured: what cannot be drawn, or written, in the end should not take minutes first.
void demand_picture(const Settings& settings) {
    const RunOptions& run = settings.run;
    keep_inputs(settings.roofline, {settings.model, settings.target, run.tuning_file});
    if (settings.roofline == run.trace_file)
        throw Error(Error::Kind::usage, "--roofline and --trace name the same file");
    const AtomicFile can_be_made(settings.roofline);  // and goes away
}

// Likewise.
void demand_roof(const Settings& settings, const TimeReport& report, bool measured) {
    if (settings.roofline.empty() || measured || report.roof) return;
    if (settings.run.precision != "fp32")
        throw Error(
            Error::Kind::usage,
            "--roofline: data sheets of cards have the peak of fp32 only, not of " + settings.run.precision);
    throw Error(Error::Kind::usage, "--roofline: no data sheet of the device " + settings.run.device +
                                        " is known; a --target file whose \"devices\" name it would be one");
}

int run(const Settings& settings) {
    TimeReport report;
    if (!settings.target.empty()) report.target = open_target(settings.target);
    if (!settings.roofline.empty()) demand_picture(settings);
    Options options = settings.run.options();
    options.batch_invariant = settings.batch_invariant;
    const bool on_cpu = options.device.kind == kernels::DeviceKind::cpu;
    find_data_sheet(options, report);
    demand_roof(settings, report, on_cpu);
    const std::shared_ptr<const Model> model = open_or_initialise(settings.model, 1);
    report.model = settings.model;
    report.net = model->net().name;
    report.device = settings.run.device;
    report.batch = settings.run.batch;
    report.runs = settings.runs;
    report.train = settings.train;
    report.batch_invariant = settings.batch_invariant;

    const auto roof = [&] { return measure_roofline(settings.run.thread_count(), options.precision); };
    if (on_cpu) report.roof = roof();
    report.timing = time_model({model, options, settings.runs, settings.train});
    if (on_cpu) report.roof = better_of(*report.roof, roof());  // other programs may have let go meanwhile

    // The report first: if a picture finds no room, what was measured is told all the same.
    if (settings.json) {
        print_json(write_for_machines(report));
    } else {
        print(write_for_people(report));
    }
    if (!settings.roofline.empty()) {
        AtomicFile file(settings.roofline);
        file.append(svg(chart_of(report)));
        file.commit();
    }
    return 0;
}

}  // namespace

void add_time(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "time", "Time a net step by step, beside this machine's own limits",
                             describe, traced<Settings, run>);
}

}  // namespace emulsion::apps
