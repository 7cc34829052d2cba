// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion score`: photos ranked by a net of two classes. While the net works on one batch, threads
// decode the next ones.
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <unordered_set>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_json.h"
#include "data/loader.h"

namespace emulsion::apps {
namespace {

struct Settings {
    std::string model;
    std::vector<std::string> photos;
    RunOptions run;
    std::size_t top = 0;  ///< 0: all
    bool batch_invariant = true, json = false, csv = false;
};

struct Score {
    std::string path;
    double percent = 0;
};

struct Failure {
    std::string path, error;
};

struct Scores {
    std::vector<Score> photos;
    std::vector<Failure> failed;

    void fail(const std::string& path, const std::string& error) {
        // Errors of files begin with their name.
        print_error(error.find(path) == std::string::npos ? path + ": " + error : error);
        failed.push_back({path, error});
    }
};

std::shared_ptr<const Model> load_trained(const std::string& path) {
    const std::vector<std::string> nets = net_names();
    if (std::count(nets.begin(), nets.end(), path) != 0 && !std::filesystem::exists(path)) {
        throw Error(Error::Kind::usage,
                    path + " is a net without weights: score needs a model file, as train writes it");
    }
    return load(path);
}

// The photos named, and those in the folders named, each once. What cannot be listed has failed.
std::vector<Sample> collect(const std::vector<std::string>& arguments, Scores& scores) {
    std::vector<Sample> samples;
    std::unordered_set<std::string> seen;
    const auto add = [&](const std::string& path) {
        // The loader takes the label off broken photos; the number itself means nothing here.
        if (seen.insert(path).second) samples.push_back({path, 0});
    };
    for (const std::string& argument : arguments) {
        std::error_code ignored;
        if (!std::filesystem::is_directory(argument, ignored)) {
            add(argument);
            continue;
        }
        try {
            const auto unreadable = [&](const std::string& path, const std::string& why) {
                scores.fail(path, why);
            };
            for (const Sample& sample : list_folder(argument, unreadable)) add(sample.path);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::data) throw;
            scores.fail(argument, error.what());
        }
    }
    return samples;
}

// "120 of 1000 photos, 19.3/s, 45 s left", rewritten in place; on a terminal only.
class ProgressLine {
   public:
    explicit ProgressLine(std::size_t total) : total_(total), shown_(isatty(STDERR_FILENO) == 1) {}
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(std::size_t done) {
        const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
        if (!shown_ || seconds < 1) return;
        const double rate = static_cast<double>(done) / seconds;
        write(fmt::format("\r\x1b[K{} of {} photos, {:.1f}/s, {} left", done, total_, rate,
                          human_seconds(static_cast<double>(total_ - done) / rate)));
    }
    void clear() {
        if (shown_) write("\r\x1b[K");
    }

   private:
    using Clock = std::chrono::steady_clock;
    static void write(const std::string& text) {
        [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, text.data(), text.size());
    }

    std::size_t total_;
    bool shown_;
    Clock::time_point start_ = Clock::now();
};

LoaderOptions loader_options(const Preprocessing& preprocessing, std::size_t photos, const RunOptions& run) {
    LoaderOptions options;
    options.preprocessing = preprocessing;
    options.batch = run.batch;
    options.shuffle = false;
    options.threads = static_cast<int>(std::min(photos, static_cast<std::size_t>(run.thread_count())));
    options.prefetch = 2;
    return options;
}

Session open_session(std::shared_ptr<const Model> model, const Settings& settings, const RunOptions& run) {
    Options options = run.options();
    options.batch_invariant = settings.batch_invariant;
    Session session(std::move(model), options);
    if (session.outputs() != 2) {
        throw Error(Error::Kind::data,
                    fmt::format("{}: score needs a net of two classes, the second the better one; "
                                "this one has {} outputs",
                                settings.model, session.outputs()));
    }
    return session;
}

// Adds the scores of a batch: the probability of the last class of each photo that is not broken.
void score_batch(Session& session, const LoadedBatch& batch, std::span<const Sample> samples,
                 Scores& scores) {
    const auto count = static_cast<std::size_t>(batch.valid);
    const std::span<const std::uint8_t> pixels = batch.pixels();
    const std::size_t photo_bytes = pixels.size() / batch.labels.size();
    const std::span<const float> result = session.run(pixels.first(count * photo_bytes), batch.valid);
    for (std::size_t i = 0; i < count; ++i) {
        if (batch.labels[i] == no_label) continue;
        const double percent = 100.0 * static_cast<double>(result[2 * i + 1]);
        if (std::isfinite(percent)) {
            scores.photos.push_back({samples[i].path, percent});
        } else {
            scores.fail(samples[i].path, "the net's answer is not a number");
        }
    }
}

void score_all(const std::shared_ptr<const Model>& model, const std::vector<Sample>& samples,
               const Settings& settings, Scores& scores) {
    RunOptions run = settings.run;
    run.batch = static_cast<int>(std::min(samples.size(), static_cast<std::size_t>(run.batch)));
    ProgressLine progress(samples.size());
    LoaderOptions options = loader_options(model->net().preprocessing, samples.size(), run);
    options.on_broken = [&](const std::string& path, const std::string& why) {
        progress.clear();
        scores.fail(path, why);
    };
    // The first photos are decoded while the session packs its weights.
    Loader loader(samples, options);
    Session session = open_session(model, settings, run);
    std::size_t done = 0;
    try {
        while (const LoadedBatch* batch = loader.next()) {
            score_batch(session, *batch, std::span(samples).subspan(done), scores);
            done += static_cast<std::size_t>(batch->valid);
            progress.show(done);
        }
    } catch (const Error&) {
        // Where all photos are broken, each has been named.
        if (loader.broken_samples() < samples.size()) throw;
    }
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
    for (const Failure& f : scores.failed) json["failed"].push_back({{"path", f.path}, {"error", f.error}});
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
    app.add_option("--model", settings.model, "A model file of a net with two classes")
        ->required()
        ->type_name("MODEL");
    app.add_option("photos", settings.photos, "Photos, and folders of photos")
        ->required()
        ->type_name("PHOTO|FOLDER");
    app.add_option("--top", settings.top, "Print only the best so many; 0: all")->type_name("K");
    settings.run.batch = 8;
    add_batch_option(app, settings.run);
    app.add_flag("!--no-batch-invariant", settings.batch_invariant,
                 "Quicker, but a photo's score may then depend, in its last bits, on its neighbours");
    CLI::Option* csv = app.add_flag("--csv", settings.csv, "Print lines of score,path");
    add_machine_options(app, settings.run);
    add_implementation_options(app, settings.run);
    add_json_option(
        app, settings.json,
        R"({"model": ..., "photos": [{"path": ..., "score": ...}], "failed": [{"path": ..., "error": ...}]})");
    app.get_option("--json")->excludes(csv);
    app.footer(
        "The score is the probability, in percent, of the net's last class; the best photo comes first. JSON "
        "has\n"
        "it in full precision. A photo that cannot be used is named on stderr and in \"failed\", the others "
        "are\n"
        "scored all the same, and the exit code is then 1.");
}

int run(const Settings& settings) {
    const std::shared_ptr<const Model> model = load_trained(settings.model);
    Scores scores;
    const std::vector<Sample> samples = collect(settings.photos, scores);
    if (!samples.empty()) score_all(model, samples, settings, scores);
    rank(scores, settings.top);
    if (settings.json) {
        print_for_machines(scores, settings);
    } else if (settings.csv) {
        print_csv(scores);
    } else {
        print_table(scores);
    }
    return scores.failed.empty() ? 0 : static_cast<int>(Error::Kind::failure);
}

}  // namespace

void add_score(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "score", "Rank photos by a trained net", describe, run);
}

}  // namespace emulsion::apps
