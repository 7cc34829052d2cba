// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion evaluate`: judges of photos side by side, the paper's Table II, with intervals and ROC curves.
#include <spdlog/fmt/fmt.h>

#include <emulsion/emulsion.h>
#include <chrono>
#include <set>
#include <unordered_map>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_text.h"
#include "apps/evaluate/evaluation.h"
#include "apps/features/layer_judge.h"
#include "apps/feed.h"
#include "apps/progress.h"
#include "data/files.h"
#include "layers/import/sniff.h"

namespace emulsion::apps {
namespace {

struct Settings {
    RunOptions run;
    std::vector<std::string> models, baselines, scores;
    std::string net, data, report, title = "Judges of photographs";
    int mosaic = 24;
    BootstrapOptions bootstrap;
    bool json = false;
};

void describe(CLI::App& app, Settings& s) {
    CLI::Option* data = app.add_option("--data", s.data, "List of lines \"path label\" for models to judge");
    app.add_option("--scores", s.scores,
                   "NAME=FILE as test --scores writes it, or NAME=FOLDER of one such a fold; repeatable")
        ->allow_extra_args(false)
        ->type_name("NAME=FILE");
    app.add_option("--model", s.models, "NAME=MODEL of a net of two classes, to judge --data; repeatable")
        ->allow_extra_args(false)
        ->needs(data)
        ->type_name("NAME=MODEL");
    app.add_option("--baseline", s.baselines,
                   "NAME=BASELINE,MODEL,LAYER[,before-relu], as score --baseline has them; repeatable")
        ->allow_extra_args(false)
        ->needs(data)
        ->type_name("NAME=...");
    add_net_option(app, s.net);
    app.add_option("--report", s.report, "HTML page to write, with ROC curves and mosaics")
        ->type_name("FILE");
    app.add_option("--title", s.title, "Its heading")->capture_default_str();
    app.add_option("--mosaic", s.mosaic, "Best and worst photos of each judge that it shows")
        ->check(within(0, 1000))
        ->capture_default_str();
    app.add_option("--draws", s.bootstrap.draws, "Draws of the bootstrap")
        ->check(within(100, 1'000'000))
        ->capture_default_str();
    app.add_option("--seed", s.bootstrap.seed, "Of the draws")->capture_default_str();
    s.run.batch = 32;
    add_batch_option(app, s.run);
    add_machine_options(app, s.run);
    add_implementation_options(app, s.run);
    add_json_option(app, s.json, "for each judge its measures, each with value, low and high");
    app.footer(
        "All judges must have seen the same photos. The first one, of scores, models and baselines in this\n"
        "order, is the one that the others are held against, photo by photo.\n"
        "Folds: answers of all are counted together; the area under the ROC compares photos of one fold\n"
        "alone, since each fold has a model of its own; the bootstrap draws within each fold.");
}

struct Named {
    std::string name, rest;
};

Named take_name(const char* option, const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
        throw Error(Error::Kind::usage, fmt::format("{} {}: NAME=... is wanted", option, text));
    return {text.substr(0, equals), text.substr(equals + 1)};
}

std::vector<std::string> parts_of(const std::string& text) {
    std::vector<std::string> parts(1);
    for (const char c : text)
        if (c == ',')
            parts.emplace_back();
        else
            parts.back() += c;
    return parts;
}

/// The list's photos, judged one after another by whoever is asked.
class ListJudge {
   public:
    ListJudge(const Settings& s, Failures& failures) : settings_(s), failures_(failures) {
        if (s.data.empty()) return;
        samples_ = read_labelled_list(s.data, 2);
        if (!s.report.empty()) keep_photos(s.report, samples_);
        for (const Sample& sample : samples_) {
            if (sample.label == no_label)
                throw Error(Error::Kind::data, fmt::format("{}: {} has no label", s.data, sample.path));
            if (!labels_.emplace(sample.path, sample.label).second)
                throw Error(Error::Kind::data, fmt::format("{}: {} is listed twice", s.data, sample.path));
        }
    }

    Judged by_model(const std::string& name, const std::string& path) {
        Judged judged{name, {}};
        const auto check = [&](int outputs) {
            if (outputs != 2)
                throw Error(
                    Error::Kind::data,
                    fmt::format("{}: a net of two classes is wanted; this one has {}", path, outputs));
        };
        run_photos(open(path), samples_, settings_.run, true, failures_, check,
                   [&](const std::string& photo, std::span<const float> outputs) {
                       add(judged, photo, outputs[1] > outputs[0] ? 1 : 0, static_cast<double>(outputs[1]));
                   });
        return judged;
    }

    Judged by_baseline(const std::string& name, const std::string& text) {
        const std::vector<std::string> parts = parts_of(text);
        const bool before_relu = parts.size() == 4 && parts[3] == "before-relu";
        if (parts.size() != 3 && !before_relu)
            throw Error(Error::Kind::usage, fmt::format("--baseline {}={}: NAME=BASELINE,MODEL,LAYER or "
                                                        "NAME=BASELINE,MODEL,LAYER,before-relu is wanted",
                                                        name, text));
        Judged judged{name, {}};
        LayerJudge({parts[0], parts[2], before_relu}, open(parts[1]))
            .run(samples_, settings_.run, true, failures_, [&](const std::string& photo, const auto& said) {
                add(judged, photo, said.answer, said.probability);
            });
        return judged;
    }

   private:
    /// --net is for those files that hold none: a model of Emulsion's has its own.
    std::shared_ptr<const Model> open(const std::string& path) const {
        const bool own = !settings_.net.empty() && sniff(path) == FileFormat::native;
        return open_model(path, own ? "" : settings_.net, settings_.run);
    }
    void add(Judged& judged, const std::string& path, std::int8_t answer, double score) const {
        judged.photos.push_back({path, static_cast<std::int8_t>(labels_.at(path)), answer, score, 0});
    }

    const Settings& settings_;
    Failures& failures_;
    std::vector<Sample> samples_;
    std::unordered_map<std::string, std::int32_t> labels_;
};

/// All files that judges are made of, but for the list's photos.
std::vector<std::string> inputs_of(const Settings& s) {
    std::vector<std::string> inputs{s.net, s.data};
    const auto add = [&](const std::vector<std::string>& files) {
        inputs.insert(inputs.end(), files.begin(), files.end());
    };
    for (const std::string& text : s.scores) add(judged_files(take_name("--scores", text).rest));
    for (const std::string& text : s.models) add({take_name("--model", text).rest});
    for (const std::string& text : s.baselines) add(parts_of(take_name("--baseline", text).rest));
    return inputs;
}

std::vector<Judged> all_judges(const Settings& s, Failures& failures) {
    if (s.scores.size() + s.models.size() + s.baselines.size() == 0)
        throw Error(Error::Kind::usage, "give at least one of --scores, --model and --baseline");
    std::set<std::string> names;
    const auto named = [&](const char* option, const std::string& text) {
        Named parts = take_name(option, text);
        if (!names.insert(parts.name).second)
            throw Error(Error::Kind::usage, fmt::format("{} {}: the name is taken", option, text));
        return parts;
    };
    std::vector<Judged> judges;
    for (const std::string& text : s.scores) {
        const Named n = named("--scores", text);
        judges.push_back(read_judged(n.name, n.rest));
    }
    ListJudge list(s, failures);
    for (const std::string& text : s.models) {
        const Named n = named("--model", text);
        judges.push_back(list.by_model(n.name, n.rest));
    }
    for (const std::string& text : s.baselines) {
        const Named n = named("--baseline", text);
        judges.push_back(list.by_baseline(n.name, n.rest));
    }
    return judges;
}

int run(const Settings& s) {
    if (!s.report.empty()) keep_inputs(s.report, inputs_of(s));
    Failures failures;
    Evaluated evaluated{compare_judges(all_judges(s, failures)), s.bootstrap, {}};
    evaluated.options.threads = s.run.thread_count();
    {
        Progress progress(Progress::On::error);
        const auto begin = std::chrono::steady_clock::now();
        const auto done = [&](int draws) {
            if (std::chrono::steady_clock::now() - begin > std::chrono::seconds(1) && progress.due())
                progress.show(fmt::format("draw {} of {}", draws, s.bootstrap.draws));
        };
        evaluated.result = bootstrap(evaluated.comparison, evaluated.options, done);
    }
    if (!s.report.empty()) {
        const std::string page = evaluation_page(evaluated, s.title, s.mosaic, s.run.thread_count());
        write_file(s.report, std::as_bytes(std::span(page)));
    }
    if (s.json) {
        print_json(evaluation_json(evaluated));
    } else {
        print(evaluation_text(evaluated));
    }
    return failures.exit_code();
}

}  // namespace

void add_evaluate(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "evaluate", "Compare judges of the same photos, with intervals",
                             describe, run);
}

}  // namespace emulsion::apps
