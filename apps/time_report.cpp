// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/time_report.h"

#include <spdlog/fmt/fmt.h>

#include "apps/projection.h"

namespace emulsion::apps {
namespace {

constexpr auto right = Table::Align::right;

const char* name(Pass pass) {
    constexpr const char* names[] = {"forward", "backward", "update"};
    return names[static_cast<int>(pass)];
}

double per_second(double amount, double milliseconds) {
    return milliseconds > 0 ? amount / (milliseconds * 1e-3) : 0;
}

std::string threads_of(const Roofline& roof) {
    return roof.threads == 1 ? "1 thread" : fmt::format("{} threads", roof.threads);
}

// What part of the step's time the machine at its best would need.
double part_of_roof(const TimedStep& step, const Roofline& roof) {
    const double seconds = step.milliseconds * 1e-3;
    return seconds > 0 ? roof.floor_seconds(step.info.cost) / seconds : 0;
}

Projection project(const TimeReport& report) {
    std::vector<StepWork> works;
    for (const TimedStep& step : report.timing.steps)
        works.push_back({step.info.cost, step.milliseconds * 1e-3});
    return project(works, report.roof, report.target->roof());
}

std::string write_steps(const TimeReport& report) {
    std::vector<Table::Column> columns = {{"step"},           {"operation"},  {"by"},
                                          {"variant"},        {"ms", right},  {"share", right},
                                          {"GFLOP/s", right}, {"GB/s", right}};
    if (report.roof) columns.push_back({"of roof", right});
    Table table(std::move(columns));
    const double total = report.timing.steps_milliseconds();
    for (const TimedStep& step : report.timing.steps) {
        const double ms = step.milliseconds;
        std::vector<std::string> row = {step.info.layer,
                                        kernels::name(step.info.operation.kind),
                                        step.info.implementation,
                                        step.info.variant,
                                        fixed(ms, 3),
                                        fixed(total > 0 ? 100 * ms / total : 0, 1) + "%",
                                        fixed(per_second(step.info.cost.flop, ms) * 1e-9, 1),
                                        fixed(per_second(step.info.cost.bytes, ms) * 1e-9, 1)};
        if (report.roof) row.push_back(fixed(100 * part_of_roof(step, *report.roof), 0) + "%");
        table.add(std::move(row));
    }
    return table.text();
}

std::string write_roof(const TimeReport& report) {
    const Roofline& roof = *report.roof;
    if (!report.data_sheet.empty())
        return fmt::format("this card       FMA peak {:.1f} GFLOP/s, memory {:.1f} GB/s: data sheet, {}\n",
                           roof.flop_per_second * 1e-9, roof.bytes_per_second * 1e-9, report.data_sheet);
    return fmt::format("this machine    FMA peak {:.1f} GFLOP/s ({}), memory {:.1f} GB/s, {}, measured now\n",
                       roof.flop_per_second * 1e-9, roof.vector, roof.bytes_per_second * 1e-9,
                       threads_of(roof));
}

std::string write_totals(const TimeReport& report) {
    const Timing& timing = report.timing;
    const double ms = timing.milliseconds;
    const double rate = per_second(timing.flop(), ms);
    std::string text =
        fmt::format("whole {}      {:.3f} ms for {} (median of {})\n", report.train ? "step" : "run ", ms,
                    report.batch == 1 ? "1 photo" : fmt::format("{} photos", report.batch), report.runs);
    text += fmt::format("rate            {:.1f} photos/s\n", per_second(report.batch, ms));
    text += fmt::format(
        "sum of steps    {:.3f} ms by their medians; together in one run {:.3f} ms, {:+.1f}% of the whole\n",
        timing.steps_milliseconds(), timing.together_milliseconds, 100 * (timing.steps_part_of_whole() - 1));
    text += fmt::format("beside steps    {:.3f} ms, copies of photos, labels and results\n",
                        timing.outside_milliseconds);
    text += fmt::format("arithmetic      {:.1f} GFLOP/s", rate * 1e-9);
    text += report.roof
                ? fmt::format(", {:.1f}% of the FMA peak\n", 100 * rate / report.roof->flop_per_second)
                : "\n";
    if (timing.free_milliseconds > 0) {
        text += fmt::format("batch-invariant {:.3f} ms without: it costs {:+.1f}%\n",
                            timing.free_milliseconds, 100 * (ms / timing.free_milliseconds - 1));
    }
    return report.roof ? text + write_roof(report) : text;
}

std::string write_card(const Target& card) {
    return fmt::format(
        "{}: {:.2f} TFLOP/s fp32, {:.0f} GB/s, {} SMs at {:.0f} MHz, {} of shared memory each, {}, "
        "sm_{}\n({})\n",
        card.name, card.flop_per_second * 1e-12, card.bytes_per_second * 1e-9, card.multiprocessors,
        card.clock_hertz * 1e-6, human_bytes(static_cast<double>(card.shared_memory_bytes)),
        human_bytes(static_cast<double>(card.memory_bytes)), card.sm, card.source);
}

std::string milliseconds(double seconds) {
    return fixed(seconds * 1e3, 3);
}

// Of a machine without a roof only the floors on the target are known.
std::vector<std::string> projected_row(const std::string& step, const std::string& operation,
                                       double time_here, const Projection::Step& p, bool has_roof) {
    const auto known = [has_roof](const std::string& text) { return has_roof ? text : std::string("-"); };
    return {step,
            operation,
            known(milliseconds(p.floor_here)),
            milliseconds(time_here),
            known(fixed(100 * p.reached, 0) + "%"),
            milliseconds(p.floor_there),
            known(milliseconds(p.seconds))};
}

std::string write_projected_steps(const TimeReport& report, const Projection& projection) {
    Table table({{"step"},
                 {"operation"},
                 {"floor here", right},
                 {"time here", right},
                 {"of floor", right},
                 {"floor there", right},
                 {"projected there", right}});
    const bool has_roof = report.roof.has_value();
    for (std::size_t i = 0; i < projection.steps.size(); ++i) {
        const TimedStep& step = report.timing.steps[i];
        table.add(projected_row(step.info.layer, kernels::name(step.info.operation.kind),
                                step.milliseconds * 1e-3, projection.steps[i], has_roof));
    }
    table.add(
        projected_row("sum", "", report.timing.steps_milliseconds() * 1e-3, projection.total, has_roof));
    return table.text();
}

std::string write_measured(const TimeReport& report) {
    const Target& card = *report.target;
    const MeasuredSpeed* speed = card.measured_speed(report.net, report.mode(), report.batch);
    if (speed == nullptr) return "";
    return fmt::format(
        "measured        {:g} iterations/s = {:.0f} photos/s on that card by {}: its products are {:.1f}% of "
        "the peak\n"
        "                ({})\n",
        speed->iterations_per_second, speed->photos_per_second(), speed->by,
        100 * report.timing.product_flop() * speed->iterations_per_second / card.flop_per_second,
        speed->source);
}

constexpr const char* model_of_projection =
    "Milliseconds. floor = max(flop / peak, bytes / bandwidth) of each step, not fused, at fp32; of floor =\n"
    "floor here / time here; projected = floor there / of floor, where more than 100% (caches) counts as "
    "100%.\n"
    "A projection is no measurement: it takes each step to come as near to the floor there as it does here,\n"
    "and leaves out all that is beside the steps.\n";

std::string write_target(const TimeReport& report) {
    const Target& card = *report.target;
    const Projection projection = project(report);
    const auto total_of = [&](const char* what, double seconds) {
        return fmt::format("{} {:.3f} ms = {:.0f} photos/s\n", what, seconds * 1e3,
                           seconds > 0 ? report.batch / seconds : 0);
    };
    std::string text = "\n" + write_card(card) + "\n" + write_projected_steps(report, projection) + "\n" +
                       model_of_projection + "\n" + total_of("floors there   ", projection.total.floor_there);
    if (report.roof) text += total_of("projected there", projection.total.seconds);
    text += write_measured(report);
    if (report.timing.memory_bytes > static_cast<std::size_t>(card.memory_bytes))
        text += fmt::format("memory          this plan takes {}; that card has {}\n",
                            human_bytes(static_cast<double>(report.timing.memory_bytes)),
                            human_bytes(static_cast<double>(card.memory_bytes)));
    return text;
}

Json steps_json(const TimeReport& report) {
    Json json = Json::array();
    for (const TimedStep& step : report.timing.steps) {
        json.push_back({{"layer", step.info.layer},
                        {"pass", name(step.info.pass)},
                        {"operation", kernels::describe(step.info.operation)},
                        {"implementation", step.info.implementation},
                        {"variant", step.info.variant},
                        {"milliseconds", step.milliseconds},
                        {"flop", step.info.cost.flop},
                        {"bytes", step.info.cost.bytes}});
        if (!report.roof) continue;
        json.back()["floor_milliseconds"] = report.roof->floor_seconds(step.info.cost) * 1e3;
        json.back()["part_of_roof"] = part_of_roof(step, *report.roof);
    }
    return json;
}

Json machine_json(const TimeReport& report) {
    const Roofline& roof = *report.roof;
    Json json{{"flop_per_second", roof.flop_per_second},
              {"bytes_per_second", roof.bytes_per_second},
              {"source", report.data_sheet.empty() ? "measured" : "data sheet"}};
    if (!report.data_sheet.empty()) {
        json["card"] = report.data_sheet;
    } else {
        json["vector"] = roof.vector;
        json["threads"] = roof.threads;
    }
    return json;
}

void add_target(Json& json, const TimeReport& report) {
    const Target& card = *report.target;
    const Projection projection = project(report);
    const bool has_roof = report.roof.has_value();
    Json target{{"name", card.name},
                {"flop_per_second", card.flop_per_second},
                {"bytes_per_second", card.bytes_per_second},
                {"multiprocessors", card.multiprocessors},
                {"clock_hertz", card.clock_hertz},
                {"shared_memory_bytes", card.shared_memory_bytes},
                {"memory_bytes", card.memory_bytes},
                {"sm", card.sm},
                {"source", card.source},
                {"floor_milliseconds", projection.total.floor_there * 1e3}};
    if (has_roof) {
        target["projected_milliseconds"] = projection.total.seconds * 1e3;
        target["projected_photos_per_second"] = per_second(report.batch, projection.total.seconds * 1e3);
    }
    if (const auto* speed = card.measured_speed(report.net, report.mode(), report.batch)) {
        target["measured"] = {{"iterations_per_second", speed->iterations_per_second},
                              {"photos_per_second", speed->photos_per_second()},
                              {"part_of_peak", report.timing.product_flop() * speed->iterations_per_second /
                                                   card.flop_per_second},
                              {"by", speed->by},
                              {"source", speed->source}};
    }
    json["target"] = std::move(target);
    for (std::size_t i = 0; i < projection.steps.size(); ++i) {
        json["steps"][i]["target_floor_milliseconds"] = projection.steps[i].floor_there * 1e3;
        if (has_roof) json["steps"][i]["projected_milliseconds"] = projection.steps[i].seconds * 1e3;
    }
}

StepKind kind_of(OpKind kind) {
    switch (kind) {
        case OpKind::conv_forward:
        case OpKind::conv_backward_data:
        case OpKind::conv_backward_weights:
            return StepKind::convolution;
        case OpKind::fc_forward:
        case OpKind::fc_backward_data:
        case OpKind::fc_backward_weights:
            return StepKind::fully_connected;
        default:
            return StepKind::other;
    }
}

// "conv2", and of a backward pass "conv2 data" or "conv2 weights", since both are of the same layer.
std::string label_of(const StepInfo& step) {
    switch (step.operation.kind) {
        case OpKind::conv_backward_data:
        case OpKind::fc_backward_data:
            return step.layer + " data";
        case OpKind::conv_backward_weights:
        case OpKind::fc_backward_weights:
            return step.layer + " weights";
        case OpKind::square_sum:
            return "gradient norm";
        case OpKind::sgd_update:
            return "update";
        default:
            return step.layer;
    }
}

}  // namespace

std::string write_for_people(const TimeReport& report) {
    return write_steps(report) + "\n" + write_totals(report) + (report.target ? write_target(report) : "");
}

Json write_for_machines(const TimeReport& report) {
    const Timing& timing = report.timing;
    Json json;
    json["model"] = report.model;
    json["net"] = report.net;
    json["device"] = report.device;
    json["mode"] = report.mode();
    json["batch"] = report.batch;
    json["batch_invariant"] = report.batch_invariant;
    json["runs"] = report.runs;
    json["milliseconds"] = timing.milliseconds;
    json["photos_per_second"] = per_second(report.batch, timing.milliseconds);
    json["steps_milliseconds"] = timing.steps_milliseconds();
    json["steps_part_of_whole"] = timing.steps_part_of_whole();
    json["outside_milliseconds"] = timing.outside_milliseconds;
    json["flop"] = timing.flop();
    json["memory_bytes"] = timing.memory_bytes;
    if (timing.free_milliseconds > 0) json["free_milliseconds"] = timing.free_milliseconds;
    if (report.roof) {
        json["part_of_peak"] = per_second(timing.flop(), timing.milliseconds) / report.roof->flop_per_second;
        json["machine"] = machine_json(report);
    }
    json["steps"] = steps_json(report);
    if (report.target) add_target(json, report);
    return json;
}

RooflineChart chart_of(const TimeReport& report) {
    RooflineChart chart;
    chart.title = fmt::format("{}, {}, batch {}", report.net, report.train ? "training step" : "inference",
                              report.batch);
    chart.roof = {report.data_sheet.empty()
                      ? fmt::format("{}, {}, measured", report.device, threads_of(*report.roof))
                      : report.data_sheet + ", data sheet",
                  *report.roof};
    if (report.target) chart.target = ChartRoof{report.target->name + ", data sheet", report.target->roof()};
    const double total = report.timing.steps_milliseconds();
    for (const TimedStep& step : report.timing.steps) {
        const double ms = step.milliseconds;
        chart.dots.push_back({label_of(step.info), kind_of(step.info.operation.kind),
                              step.info.pass != Pass::forward, step.info.cost, ms * 1e-3,
                              total > 0 ? ms / total : 0,
                              fmt::format("{}: {} by {} {}, {:.3f} ms, {:.0f}% of the roof", step.info.layer,
                                          kernels::describe(step.info.operation), step.info.implementation,
                                          step.info.variant, ms, 100 * part_of_roof(step, *report.roof))});
    }
    return chart;
}

}  // namespace emulsion::apps
