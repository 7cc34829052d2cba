// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion classify`: the likeliest classes of each photo, by a model file of any format.
#include <emulsion/import.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <numeric>
#include <sstream>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_json.h"
#include "apps/run_photos.h"
#include "apps/traced.h"
#include "data/files.h"

namespace emulsion::apps {
namespace {

struct Settings {
    std::string model, weights, labels, mean;
    std::vector<std::string> photos;
    RunOptions run;
    std::size_t top = 5;
    bool json = false;
};

struct Guess {
    std::size_t index = 0;
    double probability = 0;
};

struct Classified {
    std::string path;
    std::vector<Guess> top;
};

// "n02119789 kit fox, Vulpes macrotis" a line, or the words alone, in the order of the outputs.
std::vector<std::string> read_labels(const std::string& path) {
    constexpr std::size_t most_bytes = std::size_t{64} << 20;
    const std::vector<std::byte> bytes = read_file(path, most_bytes);
    std::istringstream file(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    std::vector<std::string> labels;
    for (std::string line; std::getline(file, line);) {
        if (line.ends_with('\r')) line.pop_back();
        labels.push_back(line);
    }
    while (!labels.empty() && labels.back().empty()) labels.pop_back();  // blank lines at the end
    return labels;
}

std::shared_ptr<const Model> open_model(const Settings& s) {
    const std::vector<std::string> names = net_names();
    if (s.weights.empty() && std::ranges::find(names, s.model) != names.end())
        throw Error(Error::Kind::usage, "--model " + s.model + " is a net without weights; add --weights");
    ImportOptions options;
    options.mean = s.mean;
    if (!s.weights.empty()) options.net = s.model;
    ImportReport report;
    auto model = import_model(s.weights.empty() ? s.model : s.weights, options, &report);
    // Wrong answers of imported nets come from wrongly prepared photos more often than from weights.
    print_notes(report, make_log(s.run.log_level));
    return model;
}

std::vector<std::string> labels_of(const Settings& s, const Model& model) {
    return s.labels.empty() ? model.net().classes : read_labels(s.labels);
}

std::vector<Guess> likeliest(std::span<const float> outputs, std::size_t top) {
    std::vector<std::size_t> order(outputs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto count = static_cast<std::ptrdiff_t>(std::min(top, order.size()));
    std::partial_sort(order.begin(), order.begin() + count, order.end(), [&](std::size_t a, std::size_t b) {
        return outputs[a] != outputs[b] ? outputs[a] > outputs[b] : a < b;
    });
    std::vector<Guess> guesses;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
        guesses.push_back({order[i], static_cast<double>(outputs[order[i]])});
    return guesses;
}

std::string label_of(const std::vector<std::string>& labels, std::size_t index) {
    return index < labels.size() ? labels[index] : "";
}

void print_for_machines(const std::vector<Classified>& photos, const std::vector<std::string>& labels,
                        const Failures& failures) {
    Json json;
    json["photos"] = Json::array();
    for (const Classified& photo : photos) {
        Json top = Json::array();
        for (const Guess& g : photo.top) {
            top.push_back(
                {{"index", g.index}, {"label", label_of(labels, g.index)}, {"probability", g.probability}});
        }
        json["photos"].push_back({{"path", photo.path}, {"top", std::move(top)}});
    }
    json["failed"] = Json::array();
    for (const Failure& f : failures.all()) json["failed"].push_back({{"path", f.path}, {"error", f.error}});
    print_json(json);
}

void print_text(const std::vector<Classified>& photos, const std::vector<std::string>& labels) {
    for (const Classified& photo : photos) {
        print(one_line(photo.path) + "\n");
        for (const Guess& g : photo.top) {
            print(fmt::format("  {:6.2f}%  {:4}  {}\n", 100 * g.probability, g.index,
                              one_line(label_of(labels, g.index))));
        }
    }
}

void describe(CLI::App& app, Settings& s) {
    app.add_option("--model", s.model, "A model file; or a net, by name or .prototxt, with --weights")
        ->required()
        ->type_name("MODEL");
    app.add_option("--weights", s.weights, "The weights, where the model's file has none")->type_name("FILE");
    app.add_option("--mean", s.mean, "A mean image: Caffe's mean.binaryproto, or .npy")->type_name("FILE");
    app.add_option("--labels", s.labels, "Names of the classes, one a line in the order of the outputs")
        ->type_name("FILE");
    app.add_option("--top", s.top, "Classes of each photo, likeliest first")
        ->check(within(1, 1 << 20))
        ->capture_default_str();
    app.add_option("photos", s.photos, "Photos, and folders of photos")
        ->required()
        ->type_name("PHOTO|FOLDER");
    s.run.batch = 8;
    add_batch_option(app, s.run);
    add_machine_options(app, s.run);
    add_trace_option(app, s.run);
    add_implementation_options(app, s.run);
    add_json_option(
        app, s.json,
        R"({"photos": [{"path": ..., "top": [{"index": ..., "label": ..., "probability": ...}]}]})");
}

int run(const Settings& s) {
    const auto model = open_model(s);
    const std::vector<std::string> labels = labels_of(s, *model);
    Failures failures;
    std::vector<Classified> photos;
    const std::vector<Sample> samples = collect_photos(s.photos, failures);
    const auto check = [&](int outputs) {
        if (s.labels.empty() || labels.size() == static_cast<std::size_t>(outputs)) return;
        throw Error(Error::Kind::data,
                    fmt::format("{}: {} labels for a net of {} outputs", s.labels, labels.size(), outputs));
    };
    if (!samples.empty()) {
        run_photos(model, samples, s.run, true, failures, check,
                   [&](const std::string& path, std::span<const float> outputs) {
                       photos.push_back({path, likeliest(outputs, s.top)});
                   });
    }
    s.json ? print_for_machines(photos, labels, failures) : print_text(photos, labels);
    return failures.exit_code();
}

}  // namespace

void add_classify(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "classify", "Name the likeliest classes of photos", describe,
                             traced<Settings, run>);
}

}  // namespace emulsion::apps
