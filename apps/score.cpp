// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion score`: photos ranked by a net of two classes.
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_json.h"
#include "apps/features/layer_judge.h"
#include "apps/run_photos.h"
#include "apps/traced.h"

namespace emulsion::apps {
namespace {

struct Settings {
    std::string model, net;
    BaselineSource baseline;
    std::vector<std::string> photos;
    RunOptions run;
    std::size_t top = 0;  ///< 0: all
    bool batch_invariant = true, json = false, csv = false;
};

struct Score {
    std::string path;
    double percent = 0;
};

struct Scores {
    std::vector<Score> photos;
    Failures failures;
};

void score_by_baseline(const std::shared_ptr<const Model>& net, const std::vector<Sample>& samples,
                       const Settings& settings, Scores& scores) {
    LayerJudge(settings.baseline, net)
        .run(samples, settings.run, settings.batch_invariant, scores.failures,
             [&](const std::string& path, const auto& judgement) {
                 scores.photos.push_back({path, 100 * judgement.probability});
             });
}

void score_all(const std::shared_ptr<const Model>& model, const std::vector<Sample>& samples,
               const Settings& settings, Scores& scores) {
    const auto check = [&](int outputs) {
        if (outputs == 2) return;
        throw Error(Error::Kind::data,
                    fmt::format("{}: score needs a net of two classes, the second the better "
                                "one; this one has {} outputs",
                                settings.model, outputs));
    };
    run_photos(model, samples, settings.run, settings.batch_invariant, scores.failures, check,
               [&](const std::string& path, std::span<const float> outputs) {
                   scores.photos.push_back({path, 100.0 * static_cast<double>(outputs[1])});
               });
}

void rank(Scores& scores, std::size_t top) {
    std::sort(scores.photos.begin(), scores.photos.end(), [](const Score& a, const Score& b) {
        return a.percent != b.percent ? a.percent > b.percent : a.path < b.path;
    });
    if (top != 0 && scores.photos.size() > top) scores.photos.resize(top);
}

void print_for_machines(const Scores& scores, const Settings& settings) {
    Json json;
    json["model"] = settings.model;
    json["photos"] = Json::array();
    for (const Score& s : scores.photos) json["photos"].push_back({{"path", s.path}, {"score", s.percent}});
    json["failed"] = Json::array();
    for (const Failure& f : scores.failures.all())
        json["failed"].push_back({{"path", f.path}, {"error", f.error}});
    print_json(json);
}

void print_csv(const Scores& scores) {
    std::string text = "score,path\n";
    for (const Score& s : scores.photos) text += fixed(s.percent, 2) + "," + csv_field(s.path) + "\n";
    print(text);
}

void print_table(const Scores& scores) {
    if (scores.photos.empty()) return;
    Table table({{"score", Table::Align::right}, {"photo"}});
    for (const Score& s : scores.photos) table.add({fixed(s.percent, 2), one_line(s.path)});
    print(table.text());
}

void describe(CLI::App& app, Settings& settings) {
    app.add_option("--model", settings.model,
                   "A model file, of any format, of a net with two classes, or of --baseline's net")
        ->required()
        ->type_name("MODEL");
    add_net_option(app, settings.net);
    app.add_option("photos", settings.photos, "Photos, and folders of photos")
        ->required()
        ->type_name("PHOTO|FOLDER");
    add_baseline_source(app, settings.baseline);
    app.add_option("--top", settings.top, "Print only the best so many; 0: all")->type_name("K");
    settings.run.batch = 8;
    add_batch_option(app, settings.run);
    app.add_flag("!--no-batch-invariant", settings.batch_invariant,
                 "Quicker, but a photo's score may then depend, in its last bits, on its neighbours");
    CLI::Option* csv = app.add_flag("--csv", settings.csv, "Print lines of score,path");
    add_machine_options(app, settings.run);
    add_trace_option(app, settings.run);
    add_implementation_options(app, settings.run);
    add_json_option(
        app, settings.json,
        R"({"model": ..., "photos": [{"path": ..., "score": ...}], "failed": [{"path": ..., "error": ...}]})");
    app.get_option("--json")->excludes(csv);
    app.footer(
        "The score is the probability, in percent, of the net's last class, or the baseline's; the best "
        "photo comes first. JSON "
        "has\n"
        "it in full precision. A photo that cannot be used is named on stderr and in \"failed\", the others "
        "are\n"
        "scored all the same, and the exit code is then 1.");
}

int run(const Settings& settings) {
    const std::shared_ptr<const Model> model = open_model(settings.model, settings.net, settings.run);
    Scores scores;
    const std::vector<Sample> samples = collect_photos(settings.photos, scores.failures);
    if (!samples.empty())
        (settings.baseline.given() ? score_by_baseline : score_all)(model, samples, settings, scores);
    rank(scores, settings.top);
    if (settings.json) {
        print_for_machines(scores, settings);
    } else if (settings.csv) {
        print_csv(scores);
    } else {
        print_table(scores);
    }
    return scores.failures.exit_code();
}

}  // namespace

void add_score(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "score", "Rank photos by a trained net", describe,
                             traced<Settings, run>);
}

}  // namespace emulsion::apps
