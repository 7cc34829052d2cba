// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion baseline forest`: a random forest, as the paper's second baseline.
#include <algorithm>

#include "apps/baseline/command.h"
#include "apps/baseline/forest.h"
#include "apps/common.h"

namespace emulsion::apps {
namespace {

struct Settings : BaselineSettings {
    RunOptions run;
    int trees = 10;
};

void describe(CLI::App& app, Settings& s) {
    add_baseline_options(app, s);
    app.add_option("--trees", s.trees, "Trees of the forest")
        ->check(within(1, 100'000))
        ->capture_default_str();
    app.add_option("--threads", s.run.threads, "Trees grown at once; 0: as many as the process may use")
        ->check(within(0, 1024))
        ->capture_default_str();
    add_json_option(app, s.json, R"(as {"trees": ..., "test": {"classes": [...], "accuracy": ...}})");
}

int run(const Settings& s) {
    const baseline::Features features = baseline::read_features(s.features);
    check_baseline(s, features);
    baseline::Features test;
    if (!s.test.empty()) test = baseline::read_features(s.test, features.columns);
    const baseline::Forest forest = baseline::grow_forest(features, {s.trees, s.seed, s.run.thread_count()});
    const auto nodes = static_cast<std::int64_t>(forest.nodes().feature.size());
    forest.save(s.out, provenance(s, features));

    Json json{{"out", s.out}, {"trees", s.trees}, {"nodes", nodes}};
    std::string text = s.out + ": " + std::to_string(s.trees) + " trees of " + with_commas(nodes) +
                       " nodes from " + with_commas(features.count) + " photos\n";
    if (!s.test.empty()) {
        const baseline::ClassReport report = test_report(forest, test);
        json["test"] = json_of(report);
        text += "\n" + s.test + ":\n" + report.text();
    }
    if (s.json)
        print_json(json);
    else
        print(text);
    return 0;
}

}  // namespace

void add_baseline_forest(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "forest", "Train a random forest", describe, run);
}

}  // namespace emulsion::apps
