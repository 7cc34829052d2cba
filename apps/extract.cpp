// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion extract`: what a layer of a net makes of photos, as features for other learners.
#include <spdlog/fmt/fmt.h>

#include <emulsion/emulsion.h>
#include <chrono>
#include <filesystem>
#include <map>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_json.h"
#include "apps/features/cut_net.h"
#include "apps/features/feature_files.h"
#include "apps/feed.h"
#include "apps/progress.h"
#include "apps/signals.h"
#include "apps/traced.h"
#include "data/lmdb.h"
#include "engine/checksum.h"

namespace emulsion::apps {
namespace {

struct Settings {
    RunOptions run;
    std::string model, net, layer, photos, out, format = "npy";
    bool before_relu = false, restart = false, json = false;
};

const std::map<std::string, FeatureFormat> formats = {
    {"npy", FeatureFormat::npy}, {"csv", FeatureFormat::csv}, {"libsvm", FeatureFormat::libsvm}};

void describe(CLI::App& app, Settings& s) {
    app.add_option("--model", s.model, "Model file of any format")->required();
    add_net_option(app, s.net);
    app.add_option("--layer", s.layer, "The layer whose values are the features, for example fc6")
        ->required();
    app.add_flag("--before-relu", s.before_relu, "Its values before the ReLU that follows it");
    app.add_option(
           "photos", s.photos,
           "List of lines \"path label\", an LMDB as emulsion pack and Caffe write it, or a folder of photos")
        ->required()
        ->type_name("LIST|LMDB|FOLDER");
    app.add_option("--out", s.out, "File to write; labels and paths go beside it")
        ->required()
        ->type_name("X.npy");
    app.add_option("--format", s.format,
                   "npy: X.npy, X.labels.npy and X.photos.txt; csv: all in one; libsvm: LIBSVM's text and "
                   "X.photos.txt")
        ->check(CLI::IsMember({"npy", "csv", "libsvm"}))
        ->capture_default_str();
    app.add_flag("--restart", s.restart, "Forget what an interrupted run left");
    s.run.batch = 32;
    add_batch_option(app, s.run);
    add_machine_options(app, s.run);
    add_trace_option(app, s.run);
    add_implementation_options(app, s.run);
    add_json_option(app, s.json,
                    R"({"out": ..., "value": ..., "photos": ..., "columns": ..., "broken": ...})");
    app.footer(
        "A run that was interrupted goes on where it stopped when it is given again, and ends with the same\n"
        "bytes on the same device, implementations and threads. A broken photo is named and left out: rows,\n"
        "labels and paths stay in step. A photo's features do not depend on its batch.");
}

std::vector<Sample> read_photos(const std::string& path) {
    std::error_code ignored;
    const bool photos = std::filesystem::is_directory(path, ignored) && !is_lmdb(path);
    return photos ? list_folder(path) : read_list(path);
}

/// All that the bytes follow from, in a line.
std::string settings_line(const Settings& s, const Model& cut, const std::vector<Sample>& samples) {
    Checksum net, list;
    net.add(to_json(cut.net()));
    for (std::size_t i = 0; i < cut.parameters().size(); ++i) net.add(std::as_bytes(cut.weights(i)));
    for (const Sample& sample : samples) {
        list.add(sample.path);
        list.add(std::as_bytes(std::span(&sample.label, 1)));
    }
    return json_line({{"net", net.text()},
                      {"photos", list.text()},
                      {"format", s.format},
                      {"device", s.run.device},
                      {"precision", s.run.precision},
                      {"implementations", s.run.implementations},
                      {"fused", !s.run.no_fuse}});
}

/// One run over the photos that no earlier one has done.
class Extraction {
   public:
    Extraction(const Settings& s, const std::shared_ptr<const Model>& cut, const std::vector<Sample>& samples,
               Options options)
        : samples_(samples),
          threads_(split_threads(s.run.thread_count(), false, options.device.kind)),
          session_(cut, prepared(std::move(options), threads_)),
          files_(s.out, formats.at(s.format), session_.outputs(), settings_line(s, *cut, samples), s.restart),
          first_(static_cast<std::size_t>(files_.place().samples)) {
        if (first_ > 0)
            progress_.say(fmt::format("goes on behind the first {} photos of {}",
                                      with_commas(files_.place().samples), with_commas(total())));
    }

    /// Answers the signal that ended it early, or 0.
    int run() {
        if (first_ == samples_.size()) return 0;
        Loader loader(unlabelled(), loader_options());
        try {
            while (const LoadedBatch* batch = loader.next()) {
                use(*batch);
                if (signals_.stop() != 0) return signals_.stop();
            }
        } catch (const Error& error) {
            // Where no photo was left that can be used, each has been named.
            if (error.kind() != Error::Kind::data || files_.place().rows == 0 ||
                loader.broken_samples() < samples_.size() - first_)
                throw;
        }
        files_.settle(total());
        return 0;
    }

    FeatureFiles& files() { return files_; }
    std::int64_t columns() const { return session_.outputs(); }
    std::int64_t total() const { return static_cast<std::int64_t>(samples_.size()); }

   private:
    static Options prepared(Options options, const ThreadSplit& threads) {
        options.threads = threads.compute;
        options.batch_invariant = true;
        return options;
    }
    /// The loader takes the label off broken photos, so all begin with one.
    std::vector<Sample> unlabelled() const {
        std::vector<Sample> rest(samples_.begin() + static_cast<std::ptrdiff_t>(first_), samples_.end());
        for (Sample& sample : rest) sample.label = 0;
        return rest;
    }
    LoaderOptions loader_options() {
        LoaderOptions options;
        options.preprocessing = session_.model().net().preprocessing;
        options.batch = session_.batch();
        options.repeat = options.shuffle = false;
        options.threads = threads_.loader;
        options.decode.log = session_.options().log;
        options.trace = session_.options().trace;
        options.on_broken = [this](const std::string& path, const std::string& why) {
            progress_.say("broken photo, left out: " +
                          one_line(why.find(path) == 0 ? why : path + ": " + why));
        };
        return options;
    }
    void use(const LoadedBatch& loaded) {
        const Batch batch = as_batch(loaded);
        const std::span<const float> values = session_.run(batch.photos, batch.count);
        const auto width = static_cast<std::size_t>(session_.outputs());
        auto at = static_cast<std::size_t>(files_.place().samples);
        for (std::size_t i = 0; i < static_cast<std::size_t>(batch.count); ++i, ++at) {
            if (batch.labels[i] == no_label) continue;
            const std::span<const float> features = values.subspan(i * width, width);
            if (!all_finite(features))
                throw Error(Error::Kind::not_finite, samples_[at].path + ": a feature is not a number");
            files_.append(samples_[at], features);
        }
        files_.settle(static_cast<std::int64_t>(at));
        if (progress_.due()) show(at);
    }
    void show(std::size_t done) {
        const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
        const double rate = static_cast<double>(done - first_) / seconds;
        progress_.show(fmt::format("{} of {} photos, {}/s, {} left", done, samples_.size(), fixed(rate, 1),
                                   human_seconds(static_cast<double>(samples_.size() - done) / rate)));
    }

    using Clock = std::chrono::steady_clock;
    const std::vector<Sample>& samples_;
    ThreadSplit threads_;
    Session session_;
    FeatureFiles files_;
    std::size_t first_;
    Progress progress_{Progress::On::error};
    SignalWatch signals_;
    Clock::time_point start_ = Clock::now();
};

int run(const Settings& s) {
    const std::vector<std::string> outputs = FeatureFiles::names(s.out, formats.at(s.format));
    for (const std::string& output : outputs) keep_inputs(output, {s.model, s.net, s.photos});
    const std::shared_ptr<const Model> model = open_model(s.model, s.net, s.run);
    const std::string value = value_of_layer(model->net(), s.layer, s.before_relu);
    const std::vector<Sample> samples = read_photos(s.photos);
    for (const std::string& output : outputs) keep_photos(output, samples);
    Extraction extraction(s, cut_at(model, value), samples, s.run.options());
    const int signal = extraction.run();
    const FeatureFiles::Place place = extraction.files().place();
    if (signal != 0) {
        print_error(fmt::format("stopped by signal {} behind {} of {} photos; the same command goes on",
                                signal, place.samples, samples.size()));
        return 128 + signal;
    }
    extraction.files().commit();
    const std::int64_t broken = place.samples - place.rows;
    if (s.json) {
        print_json({{"out", s.out},
                    {"value", value},
                    {"photos", place.rows},
                    {"columns", extraction.columns()},
                    {"broken", broken}});
    } else {
        print(fmt::format("{}: {} photos by {} features ({}), {} broken left out\n", s.out,
                          with_commas(place.rows), with_commas(extraction.columns()), value, broken));
    }
    return 0;
}

}  // namespace

void add_extract(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "extract", "Write a layer's values for photos as features",
                             describe, traced<Settings, run, OnSignal::leave_to_command>);
}

}  // namespace emulsion::apps
