// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/run_photos.h"

#include <emulsion/emulsion.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <unordered_set>

#include "apps/common_text.h"
#include "data/loader.h"

namespace emulsion::apps {
namespace {

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
    options.repeat = options.shuffle = false;
    options.threads = static_cast<int>(std::min(photos, static_cast<std::size_t>(run.thread_count())));
    options.prefetch = 2;
    options.trace = run.trace;
    return options;
}

// Hands on the answers of a batch.
void use_batch(Session& session, const LoadedBatch& batch, std::span<const Sample> samples,
               Failures& failures,
               const std::function<void(const std::string&, std::span<const float>)>& use) {
    const auto count = static_cast<std::size_t>(batch.valid),
               outputs = static_cast<std::size_t>(session.outputs());
    const std::span<const std::uint8_t> pixels = batch.pixels();
    const std::size_t photo_bytes = pixels.size() / batch.labels.size();
    const std::span<const float> results = session.run(pixels.first(count * photo_bytes), batch.valid);
    for (std::size_t i = 0; i < count; ++i) {
        if (batch.labels[i] == no_label) continue;
        const std::span<const float> result = results.subspan(i * outputs, outputs);
        if (all_finite(result)) {
            use(samples[i].path, result);
        } else {
            failures.add(samples[i].path, "the net's answer is not a number");
        }
    }
}

}  // namespace

void Failures::add(const std::string& path, const std::string& error) {
    // Errors of files begin with their name.
    print_error(error.find(path) == std::string::npos ? path + ": " + error : error);
    all_.push_back({path, error});
}

int Failures::exit_code() const {
    return all_.empty() ? 0 : static_cast<int>(Error::Kind::failure);
}

std::vector<Sample> collect_photos(const std::vector<std::string>& arguments, Failures& failures) {
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
                failures.add(path, why);
            };
            for (const Sample& sample : list_folder(argument, unreadable)) add(sample.path);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::data) throw;
            failures.add(argument, error.what());
        }
    }
    return samples;
}

void run_photos(const std::shared_ptr<const Model>& model, const std::vector<Sample>& samples, RunOptions run,
                bool batch_invariant, Failures& failures, const std::function<void(int)>& check,
                const std::function<void(const std::string&, std::span<const float>)>& use) {
    run.batch = static_cast<int>(std::min(samples.size(), static_cast<std::size_t>(run.batch)));
    ProgressLine progress(samples.size());
    LoaderOptions options = loader_options(model->net().preprocessing, samples.size(), run);
    options.on_broken = [&](const std::string& path, const std::string& why) {
        progress.clear();
        failures.add(path, why);
    };
    // The first photos are decoded while the session packs its weights.
    Loader loader(samples, options);
    Options session_options = run.options();
    session_options.batch_invariant = batch_invariant;
    Session session(model, session_options);
    check(session.outputs());
    std::size_t done = 0;
    try {
        while (const LoadedBatch* batch = loader.next()) {
            use_batch(session, *batch, std::span(samples).subspan(done), failures, use);
            done += static_cast<std::size_t>(batch->valid);
            progress.show(done);
        }
    } catch (const Error&) {
        // Where all photos are broken, each has been named.
        if (loader.broken_samples() < samples.size()) throw;
    }
}

}  // namespace emulsion::apps
