// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion baseline svm`: a support vector machine, as the paper's first baseline.
#include <spdlog/fmt/fmt.h>
#include <algorithm>
#include <chrono>
#include <cmath>

#include "apps/baseline/command.h"
#include "apps/baseline/train_svm.h"
#include "apps/common.h"
#include "apps/progress.h"

namespace emulsion::apps {
namespace {

using namespace baseline;

struct Settings : BaselineSettings {
    RunOptions run;
    std::string kernel;  ///< empty: both
    std::vector<double> cs, gammas;
    int folds = 3;
    std::string solver = "own";
    int cache_mib = 2048;
};

// Least first, each once, so that solutions lead to one another.
std::vector<double> ascending(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

void check_positive(const std::vector<double>& values, const std::string& option) {
    for (const double value : values)
        if (!(value > 0) || !std::isfinite(value))
            throw Error(Error::Kind::usage, option + ": a positive number is wanted");
}

std::vector<GridLine> grid_of(const Settings& s) {
    check_positive(s.cs, "--C");
    check_positive(s.gammas, "--gamma");
    if (s.kernel == "linear" && !s.gammas.empty())
        throw Error(Error::Kind::usage, "--gamma belongs to the RBF kernel, not to the linear one");
    std::vector<GridLine> grid;
    for (const GridLine& line : paper_grid()) {
        const bool linear = line.kernel.kind == Kernel::Kind::linear;
        if (!s.kernel.empty() && linear != (s.kernel == "linear")) continue;
        if (!linear && !s.gammas.empty()) continue;
        grid.push_back(line);
    }
    for (const double gamma : s.gammas) grid.push_back({{Kernel::Kind::rbf, gamma}, {0.1, 1, 10}});
    if (!s.cs.empty())
        for (GridLine& line : grid) line.cs = ascending(s.cs);
    return grid;
}

std::string name_of(const Kernel& kernel) {
    return kernel.kind == Kernel::Kind::linear ? "linear" : fmt::format("rbf, gamma {:g}", kernel.gamma);
}

std::string grid_text(const std::vector<GridPoint>& points, const GridPoint& best) {
    Table table({{"kernel"}, {"C", Table::Align::right}, {"accuracy", Table::Align::right}, {"+-"}, {""}});
    for (const GridPoint& point : points)
        table.add({name_of(point.kernel), fmt::format("{:g}", point.c), fixed(point.accuracy, 4),
                   fixed(point.deviation, 4),
                   &point == &best   ? "best"
                   : point.converged ? ""
                                     : "not converged"});
    return table.text();
}

Json grid_json(const std::vector<GridPoint>& points) {
    Json list = Json::array();
    for (const GridPoint& point : points) {
        Json json{{"kernel", point.kernel.kind == Kernel::Kind::linear ? "linear" : "rbf"}};
        if (point.kernel.kind == Kernel::Kind::rbf) json["gamma"] = point.kernel.gamma;
        json.update({{"C", point.c},
                     {"accuracy", point.accuracy},
                     {"deviation", point.deviation},
                     {"converged", point.converged}});
        list.push_back(std::move(json));
    }
    return list;
}

ClassReport held_out_report(const GridPoint& best, const Features& features) {
    std::vector<std::int8_t> answers;
    for (const double decision : best.held_out) answers.push_back(decision > 0 ? 1 : 0);
    return report(features.classes, answers);
}

// Shows where the training stands, unless the output is for machines.
TrainedSvm train(const Settings& s, SvmTraining training, Features& features) {
    Progress progress;
    if (!s.json)
        training.progress = [&progress](const std::string& what) {
            if (progress.due()) progress.show(what);
        };
    return train_svm(features, training);
}

SvmTraining training_of(const Settings& s) {
    SvmTraining training;
    training.grid = grid_of(s);
    training.folds = s.folds;
    training.seed = s.seed;
    training.threads = s.run.thread_count();
    training.device = DeviceId::parse(s.run.device);
    training.libsvm = s.solver == "libsvm";
    training.cache_bytes = static_cast<std::size_t>(s.cache_mib) << 20;
    return training;
}

void describe(CLI::App& app, Settings& s) {
    add_baseline_options(app, s);
    app.add_option("--kernel", s.kernel, "rbf or linear [both]")->check(CLI::IsMember({"rbf", "linear"}));
    app.add_option("--C", s.cs, "Prices of an error to try, like 0.1,1,10 [0.1 to 10; linear to 100]")
        ->delimiter(',')
        ->type_name("LIST");
    app.add_option("--gamma", s.gammas, "Widths of the RBF kernel to try [1e-4,1e-5,1e-6]")
        ->delimiter(',')
        ->type_name("LIST");
    app.add_option("--folds", s.folds, "Parts of cross-validation")
        ->check(within(2, 1000))
        ->capture_default_str();
    app.add_option("--solver", s.solver, "own, or libsvm: the same folds and grid by LIBSVM itself")
        ->check(CLI::IsMember({"own", "libsvm"}))
        ->capture_default_str();
    app.add_option("--cache", s.cache_mib, "MiB for the matrix of dot products and for rows of kernels")
        ->check(within(1, 1 << 24))
        ->capture_default_str();
    add_machine_options(app, s.run);
    add_json_option(app, s.json, R"(as {"grid": [...], "best": {...}, "held_out": {...}, "test": {...}})");
    app.footer(
        "Every point of the grid is judged by cross-validation; the best one is trained on all photos. Its\n"
        "probabilities are Platt's, fitted to the decisions on photos that were held out.");
}

int run(const Settings& s) {
    const auto start = std::chrono::steady_clock::now();
    const SvmTraining training = training_of(s);
    Features features = read_features(s.features);
    check_baseline(s, features);
    Features test;
    if (!s.test.empty()) test = read_features(s.test, features.columns);
    const TrainedSvm trained = train(s, training, features);
    const GridPoint& best = best_of(trained.points);

    Provenance origin = provenance(s, features);
    origin["C"] = fmt::format("{:g}", trained.c);
    origin["gamma"] = fmt::format("{:g}", best.kernel.gamma);
    origin["folds"] = std::to_string(s.folds);
    origin["solver"] = s.solver;
    origin["cross_validated_accuracy"] = fmt::format("{:.6f}", trained.cross_validated);
    trained.machine.save(s.out, origin);

    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const ClassReport held_out = held_out_report(best, features);
    Json json{{"out", s.out},
              {"seconds", seconds},
              {"solver", s.solver},
              {"grid", grid_json(trained.points)},
              {"best", grid_json({best}).front()},
              {"vectors", trained.machine.vectors()},
              {"sigmoid", {trained.machine.parts().sigmoid.a, trained.machine.parts().sigmoid.b}},
              {"held_out", json_of(held_out)}};
    std::string text =
        grid_text(trained.points, best) + "\nphotos held out in cross-validation:\n" + held_out.text();
    if (!s.test.empty()) {
        const ClassReport tested = test_report(trained.machine, test);
        json["test"] = json_of(tested);
        text += "\n" + s.test + ":\n" + tested.text();
    }
    text += fmt::format("\n{}: {}, C {:g}, {} from {} photos, {}\n", s.out, name_of(best.kernel), trained.c,
                        best.kernel.kind == Kernel::Kind::linear
                            ? "weights"
                            : with_commas(trained.machine.vectors()) + " support vectors",
                        with_commas(features.count), human_seconds(seconds));
    if (s.json)
        print_json(json);
    else
        print(text);
    return 0;
}

}  // namespace

void add_baseline_svm(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "svm", "Train a support vector machine", describe, run);
}

}  // namespace emulsion::apps
