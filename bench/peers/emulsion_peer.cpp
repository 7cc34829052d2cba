// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Emulsion among its peers: one net in one process, which first answers and then is timed, in turns. It
// speaks as bench/peers/contestant.py does: once it has written its answer to --answer it prints "ready
// VERSIONS", and for each line "N" that it reads it does N runs after one that does not count, and prints
// their milliseconds.
#include <emulsion/emulsion.h>
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>

#include "apps/common.h"
#include "apps/common_text.h"

namespace emulsion::bench {
namespace {

using Turn = std::function<void()>;

struct Settings {
    std::string model, inputs, answer;
    apps::RunOptions run;
    bool train = false;
    SolverConfig solver;
};

template <class T>
std::span<const T> tensor(const SafetensorsFile& file, const std::string& name, const std::string& type) {
    const FileTensor* found = file.find(name);
    if (found == nullptr || found->type != type)
        throw Error(Error::Kind::data, fmt::format("{}: no {} of type {}", file.path(), name, type));
    return {reinterpret_cast<const T*>(found->data.data()), found->data.size() / sizeof(T)};
}

FileTensor named(const std::string& name, const std::vector<float>& values) {
    return {name, "F32", {static_cast<std::int64_t>(values.size())}, std::as_bytes(std::span(values))};
}

// The session that is timed is the one that answered.
Turn prepare_inference(const std::shared_ptr<const Model>& model, const Settings& settings,
                       std::span<const std::uint8_t> photos) {
    auto session = std::make_shared<Session>(model, settings.run.options());
    const int count = settings.run.batch;
    const std::span<const float> output = session->run(photos, count);
    const std::vector<float> answer(output.begin(), output.end());
    write_safetensors(settings.answer, {}, {named("output", answer)});
    return [session, photos, count] { session->run(photos, count); };
}

std::shared_ptr<const Model> without_dropout(const std::shared_ptr<const Model>& model) {
    NetDef net = model->net();
    for (LayerDef& layer : net.layers) {
        if (layer.type == "dropout") layer.attributes.set("ratio", 0.0);
    }
    std::vector<std::span<const float>> weights;
    for (std::size_t i = 0; i < model->parameters().size(); ++i) weights.push_back(model->weights(i));
    return std::make_shared<const Model>(std::move(net), model->factory(), std::move(weights), model,
                                         model->provenance());
}

// Every parameter after two updates, so that momentum shows, and the second's loss. Dropout is off here,
// since no two frameworks draw alike.
void answer_training(const std::shared_ptr<const Model>& model, const Settings& settings,
                     const Batch& batch) {
    Trainer trainer(without_dropout(model), settings.solver, settings.run.options());
    trainer.step(batch);
    const auto result = trainer.step(batch);
    const std::vector<float> loss = {static_cast<float>(result.value().loss)};
    std::vector<std::vector<float>> values;
    std::vector<FileTensor> tensors = {named("loss", loss)};
    for (const Parameter& parameter : model->parameters()) {
        values.push_back(trainer.parameter(parameter.name));
        tensors.push_back(named(parameter.name, values.back()));
    }
    write_safetensors(settings.answer, {}, tensors);
}

Turn prepare_training(const std::shared_ptr<const Model>& model, const Settings& settings,
                      const SafetensorsFile& inputs, std::span<const std::uint8_t> photos) {
    const Batch batch{photos, tensor<std::int32_t>(inputs, "labels", "I32"), {}, settings.run.batch};
    answer_training(model, settings, batch);
    SolverConfig solver = settings.solver;
    solver.base_rate = 1e-6;  // noise teaches nothing, and must not make weights grow either
    auto trainer = std::make_shared<Trainer>(model, solver, settings.run.options());
    return [trainer, batch] { trainer->step(batch); };
}

double milliseconds(const Turn& turn) {
    const auto start = std::chrono::steady_clock::now();
    turn();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

void serve(const Turn& turn) {
    for (std::string line; std::getline(std::cin, line);) {
        std::string answer;
        turn();
        for (int i = std::atoi(line.c_str()); i > 0; --i)
            answer += fmt::format("{:.6f} ", milliseconds(turn));
        apps::print(answer + "\n");
    }
}

int run(int argc, char** argv) {
    CLI::App app("Emulsion, as a contestant of bench/peers");
    Settings s;
    app.add_option("--model", s.model, "A model file")->required();
    app.add_option("--inputs", s.inputs, "safetensors with photos (u8, NHWC) and labels (i32)")->required();
    app.add_option("--answer", s.answer, "The safetensors file to write")->required();
    app.add_flag("--train", s.train, "Training steps, not inference");
    app.add_option("--rate", s.solver.base_rate, "Of the updates that are answered");
    app.add_option("--momentum", s.solver.momentum, "Of training");
    app.add_option("--weight-decay", s.solver.weight_decay, "Of training");
    apps::add_batch_option(app, s.run);
    apps::add_machine_options(app, s.run);
    apps::add_implementation_options(app, s.run);
    CLI11_PARSE(app, argc, argv);

    const auto model = load(s.model);
    const auto inputs = SafetensorsFile::open(s.inputs);
    const auto photos = tensor<std::uint8_t>(*inputs, "photos", "U8");
    const Turn turn =
        s.train ? prepare_training(model, s, *inputs, photos) : prepare_inference(model, s, photos);
    apps::print(fmt::format("ready {{\"emulsion\": \"{}\"}}\n", EMULSION_VERSION));
    serve(turn);
    return 0;
}

}  // namespace
}  // namespace emulsion::bench

int main(int argc, char** argv) {
    try {
        return emulsion::bench::run(argc, argv);
    } catch (const emulsion::Error& error) {
        emulsion::apps::print_error(error.what());
        return static_cast<int>(error.kind());
    } catch (const std::exception& error) {
        emulsion::apps::print_error(error.what());
        return 1;
    }
}
