// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion test`: how well a model does on a list of photos and labels that it has not learnt from.
#include <spdlog/fmt/fmt.h>

#include <emulsion/emulsion.h>
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <optional>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_json.h"
#include "apps/common_text.h"
#include "apps/features/layer_judge.h"
#include "apps/feed.h"
#include "apps/traced.h"
#include "data/files.h"

namespace emulsion::apps {
namespace {

struct Settings {
    RunOptions run;
    std::string model, net, data, scores;
    BaselineSource baseline;
    bool json = false;
};

void describe(CLI::App& app, Settings& s) {
    s.run.batch = 32;
    app.add_option("--model", s.model, "Model file of any format")->required();
    add_net_option(app, s.net);
    add_baseline_source(app, s.baseline);
    app.add_option("--data", s.data, "List of lines \"path label\"")->required();
    app.add_option("--scores", s.scores, "CSV to write: path, label, answer, score of each photo");
    add_json_option(app, s.json, "accuracy, loss, confusion[truth][answer], and for each class the rest");
    add_batch_option(app, s.run);
    add_machine_options(app, s.run);
    add_trace_option(app, s.run);
    add_implementation_options(app, s.run);
}

/// One photo's result. The score is the probability of the last class: of two, the pleasing one.
struct Judged {
    std::string path;
    std::int32_t label = 0, answer = 0;
    float score = 0;
};

struct Result {
    std::vector<std::string> classes;
    Evaluation sums;
    std::vector<Judged> photos;
    std::size_t broken = 0;
};

/// Of one class; none where there is nothing to divide by.
struct ClassFigures {
    std::int64_t photos = 0;
    std::optional<double> precision, recall, f1;
};

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
    if (whole == 0) return std::nullopt;
    return static_cast<double>(part) / static_cast<double>(whole);
}

ClassFigures figures(const Evaluation& sums, std::size_t c) {
    std::int64_t answered = 0, present = 0;
    for (std::size_t i = 0; i < sums.confusion.size(); ++i) {
        answered += sums.confusion[i][c];
        present += sums.confusion[c][i];
    }
    const std::int64_t hits = sums.confusion[c][c];
    return {present, ratio(hits, answered), ratio(hits, present), ratio(2 * hits, answered + present)};
}

void count(const Sample& sample, std::int32_t answer, double right, float score, Result& result) {
    Evaluation& sums = result.sums;
    sums.loss_sum -= std::log(std::max(right, static_cast<double>(FLT_MIN)));
    ++sums.counted;
    sums.correct += answer == sample.label ? 1 : 0;
    ++sums.confusion[static_cast<std::size_t>(sample.label)][static_cast<std::size_t>(answer)];
    result.photos.push_back({sample.path, sample.label, answer, score});
}

void judge(const Sample& sample, std::span<const float> probabilities, Result& result) {
    if (sample.label < 0) return;
    if (!all_finite(probabilities))
        throw Error(Error::Kind::not_finite, sample.path + ": the net's answer is not a number");
    const auto best = std::max_element(probabilities.begin(), probabilities.end());
    count(sample, static_cast<std::int32_t>(best - probabilities.begin()),
          probabilities[static_cast<std::size_t>(sample.label)], probabilities.back(), result);
}

std::vector<std::string> class_names(const NetDef& net, std::size_t count) {
    std::vector<std::string> names = net.classes;
    for (std::size_t i = names.size(); i < count; ++i) names.push_back("class " + std::to_string(i));
    names.resize(count);
    return names;
}

Result new_result(std::vector<std::string> classes) {
    const std::size_t count = classes.size();
    Result result{std::move(classes), {}, {}, 0};
    result.sums.confusion.assign(count, std::vector<std::int64_t>(count, 0));
    return result;
}

Result evaluate_baseline(const Settings& s) {
    const LayerJudge judge(s.baseline, open_model(s.model, s.net, s.run));
    Result result = new_result({"class 0", "class 1"});
    std::vector<Sample> samples = read_labelled_list(s.data, 2);
    if (!s.scores.empty()) keep_photos(s.scores, samples);
    std::erase_if(samples, [](const Sample& sample) { return sample.label < 0; });
    Failures failures;
    std::size_t at = 0;
    judge.run(samples, s.run, true, failures, [&](const std::string& path, const auto& judgement) {
        while (samples[at].path != path) ++at;  // those between are broken
        const Sample& sample = samples[at++];
        const double p = judgement.probability;
        count(sample, judgement.answer, sample.label == 1 ? p : 1 - p, static_cast<float>(p), result);
    });
    result.broken = failures.all().size();
    return result;
}

Result evaluate_net(const Settings& s) {
    const auto model = open_model(s.model, s.net, s.run);
    Options options = s.run.options();
    const ThreadSplit threads = split_threads(s.run.thread_count(), false, options.device.kind);
    options.threads = threads.compute;
    options.batch_invariant = true;  // as `score` does, so that both say the same of a photo
    Session session(model, options);
    const auto classes = static_cast<std::size_t>(session.outputs());

    LoaderOptions loader;
    loader.preprocessing = model->net().preprocessing;
    loader.batch = s.run.batch;
    loader.threads = threads.loader;
    loader.decode.log = options.log;
    loader.trace = options.trace;
    Result result = new_result(class_names(model->net(), classes));
    loader.on_broken = [&result](const std::string& path, const std::string& why) {
        ++result.broken;
        print_error("broken photo, left out: " + (why.find(path) == 0 ? why : path + ": " + why));
    };
    const std::vector<Sample> samples = read_labelled_list(s.data, session.outputs());
    if (!s.scores.empty()) keep_photos(s.scores, samples);
    std::size_t first = 0;
    Passes(samples, loader, 0).run([&](const Batch& batch) {
        const auto probabilities = session.run(batch.photos, batch.count);
        for (std::size_t i = 0; i < static_cast<std::size_t>(batch.count); ++i) {
            judge({samples[first + i].path, batch.labels[i]}, probabilities.subspan(i * classes, classes),
                  result);
        }
        first += static_cast<std::size_t>(batch.count);
        return true;
    });
    return result;
}

void write_scores(const std::string& path, const std::vector<Judged>& photos) {
    std::string text = "path,label,answer,score\n";
    for (const Judged& p : photos) {
        text += fmt::format("{},{},{},{}\n", csv_field(p.path), p.label, p.answer, p.score);
    }
    write_file(path, std::as_bytes(std::span(text)));
}

Json or_null(std::optional<double> value) {
    return value ? Json(*value) : Json(nullptr);
}

Json as_json(const Settings& s, const Result& r) {
    Json classes = Json::array();
    for (std::size_t c = 0; c < r.classes.size(); ++c) {
        const ClassFigures f = figures(r.sums, c);
        classes.push_back({{"name", r.classes[c]},
                           {"photos", f.photos},
                           {"precision", or_null(f.precision)},
                           {"recall", or_null(f.recall)},
                           {"f1", or_null(f.f1)}});
    }
    return {{"model", s.model},
            {"data", s.data},
            {"photos", r.sums.counted},
            {"broken", r.broken},
            {"accuracy", r.sums.accuracy()},
            {"loss", r.sums.loss()},
            {"classes", classes},
            {"confusion", r.sums.confusion}};
}

std::string percent_or_dash(std::optional<double> value) {
    return value ? fixed(100 * *value, 1) + "%" : "-";
}

std::string as_text(const Result& r) {
    std::string text =
        fmt::format("{} photos, {} broken\naccuracy  {}%\nloss      {}\n\n", with_commas(r.sums.counted),
                    r.broken, fixed(100 * r.sums.accuracy(), 2), fixed(r.sums.loss(), 4));
    using Align = Table::Align;
    Table figures_table({{"class"},
                         {"photos", Align::right},
                         {"precision", Align::right},
                         {"recall", Align::right},
                         {"F1", Align::right}});
    std::vector<Table::Column> columns = {{"truth \\ answer"}};
    for (const std::string& name : r.classes) columns.push_back({name, Align::right});
    Table confusion(columns);
    for (std::size_t c = 0; c < r.classes.size(); ++c) {
        const ClassFigures f = figures(r.sums, c);
        figures_table.add({r.classes[c], with_commas(f.photos), percent_or_dash(f.precision),
                           percent_or_dash(f.recall), percent_or_dash(f.f1)});
        std::vector<std::string> row = {r.classes[c]};
        for (const std::int64_t n : r.sums.confusion[c]) row.push_back(with_commas(n));
        confusion.add(row);
    }
    return text + figures_table.text() + "\n" + confusion.text();
}

int run(const Settings& s) {
    if (!s.scores.empty()) keep_inputs(s.scores, {s.model, s.net, s.data, s.baseline.file});
    const Result result = s.baseline.given() ? evaluate_baseline(s) : evaluate_net(s);
    if (!s.scores.empty()) write_scores(s.scores, result.photos);
    if (s.json) {
        print_json(as_json(s, result));
    } else {
        print(as_text(result));
    }
    return 0;
}

}  // namespace

void add_test(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "test", "Measure a model on photos with known labels", describe,
                             traced<Settings, run>);
}

}  // namespace emulsion::apps
