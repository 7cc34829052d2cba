// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/training_run.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <algorithm>
#include <cstring>
#include <filesystem>

#include "apps/common.h"
#include "apps/common_text.h"
#include "data/files.h"
#include "engine/formats/readers.h"

namespace emulsion::apps {
namespace {

constexpr const char* snapshot_name = "snapshot.safetensors";
constexpr double smoothing = 0.95;

double share(std::int64_t part, std::int64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string percent(double fraction) {
    return fixed(100 * fraction, 1) + "%";
}

// Higher accuracy; of equals, the lower loss.
bool better(const Curve::Point& a, const Curve::Point& b) {
    return a.accuracy != b.accuracy ? a.accuracy > b.accuracy : a.loss < b.loss;
}

void require_same(const std::map<std::string, std::string>& then,
                  const std::map<std::string, std::string>& now, const std::string& snapshot) {
    for (const auto& [option, value] : now) {
        const auto found = then.find(option);
        if (found != then.end() && found->second == value) continue;
        throw Error(
            Error::Kind::usage,
            fmt::format(
                "{} was {} when the run in {} began and is {} now, so it cannot be resumed; give it as "
                "it was, or begin another run with --model",
                option, found == then.end() ? "absent" : found->second, snapshot, value));
    }
}

}  // namespace

TrainingRun::TrainingRun(TrainingPlan plan, Trainer& trainer)
    : plan_(std::move(plan)), trainer_(trainer), start_(Clock::now()) {
    open_folder();
    const std::int64_t log_bytes = plan_.resume ? restore() : 0;
    log_.emplace(file("log.jsonl"), log_bytes, state_.curve);

    plan_.loader.on_broken = [this](const std::string& path, const std::string& why) {
        note_broken(path, why);
    };
    plan_.loader.first_batch = static_cast<std::uint64_t>(trainer_.iteration()) *
                               static_cast<std::uint64_t>(trainer_.solver().iter_size);
    const std::size_t needed = fitted_bytes(plan_.training.size(), plan_.loader.preprocessing);
    plan_.loader.cache_bytes = std::min(needed, plan_.cache_bytes);
    loader_.emplace(plan_.training, plan_.loader);
    if (!plan_.validation.empty()) open_checks();
    first_ = trainer_.iteration();
    Json settings(plan_.settings);
    log_->write(
        {{"event", plan_.resume ? "resume" : "start"}, {"iteration", first_}, {"settings", settings}});
}

void TrainingRun::open_folder() {
    const bool there = std::filesystem::exists(file(snapshot_name));
    if (there && !plan_.resume) {
        throw Error(
            Error::Kind::usage,
            fmt::format("{} holds a training run already: go on with --resume, or choose another --out",
                        plan_.folder));
    }
    if (!there && plan_.resume) {
        throw Error(Error::Kind::usage, fmt::format("--resume: {} holds no {}; leave --resume out to begin",
                                                    plan_.folder, snapshot_name));
    }
    std::error_code error;
    std::filesystem::create_directories(plan_.folder, error);
    if (error) throw Error(Error::Kind::failure, fmt::format("--out {}: {}", plan_.folder, error.message()));
    lock_.emplace(plan_.folder);
}

void TrainingRun::open_checks() {
    const std::size_t memory = plan_.cache_bytes - plan_.loader.cache_bytes;
    if (plan_.validation_photos == 0) {
        checks_ = std::make_unique<Passes>(plan_.validation, plan_.loader, memory);
    } else {
        checks_ = std::make_unique<Turns>(plan_.validation, plan_.loader, memory, plan_.validation_photos,
                                          state_.curve.validation.size());
    }
}

void TrainingRun::save_snapshot() {
    const Span span(plan_.loader.trace.get(), "save snapshot", "training");
    require_good_weights();  // so that a snapshot is never replaced by one that is worth nothing
    const State& s = state_;
    Json state = {{"curve", to_json(s.curve)},
                  {"pending", {s.loss_sum, s.updates, s.counted, s.correct}},
                  {"smooth", {s.smooth_loss, s.smooth_accuracy}},
                  {"log_bytes", log_->settle()}};
    if (s.best) state["best"] = {s.best->iteration, s.best->loss, s.best->accuracy};
    trainer_.save_snapshot(file(snapshot_name),
                           {{"state", json_line(state)}, {"settings", json_line(Json(plan_.settings))}});
    saved_at_ = trainer_.iteration();
    log_->write({{"event", "snapshot"}, {"iteration", saved_at_}});
    save_curve();
}

// Answers how much of the log belongs to the snapshot.
std::int64_t TrainingRun::restore() {
    const std::string path = file(snapshot_name);
    // Ours first: it names options, where the trainer knows only its own settings.
    const auto whole = SafetensorsFile::open(path);
    const auto then = whole->metadata().find("extra.settings");
    if (then != whole->metadata().end()) {
        const Json settings = Json::parse(then->second, nullptr, false);
        const auto is_text = [](const Json& value) { return value.is_string(); };
        if (!settings.is_object() || !std::all_of(settings.begin(), settings.end(), is_text))
            throw Error(Error::Kind::data, path + ": its settings are damaged");
        require_same(settings, plan_.settings, plan_.folder);
    }
    const auto extra = trainer_.load_snapshot(path);
    try {
        const Json state = Json::parse(extra.at("state"));
        const Json &pending = state.at("pending"), &smooth = state.at("smooth");
        state_ = {curve_from_json(state.at("curve")),
                  pending.at(0),
                  pending.at(1),
                  pending.at(2),
                  pending.at(3),
                  smooth.at(0),
                  smooth.at(1),
                  std::nullopt};
        if (state.contains("best"))
            state_.best = {state["best"].at(0), state["best"].at(1), state["best"].at(2)};
        saved_at_ = trainer_.iteration();
        return std::max<std::int64_t>(0, state.at("log_bytes"));
    } catch (const std::exception&) {
        throw Error(Error::Kind::data, path + ": a snapshot, but not one of the command train");
    }
}

void TrainingRun::note_broken(const std::string& path, const std::string& why) {
    if (!broken_.insert(path).second) return;
    progress_.say("broken photo, left out: " + one_line(why.find(path) == 0 ? why : path + ": " + why));
    log_->write({{"event", "broken"}, {"path", path}, {"why", why}});
}

int TrainingRun::run() {
    try {
        return run_to_end();
    } catch (const Error& error) {
        // Whatever ended the run, what was learnt since the last snapshot is worth a try.
        if (error.kind() != Error::Kind::not_finite && saved_at_ != trainer_.iteration()) save_quietly();
        throw;
    }
}

void TrainingRun::save_quietly() {
    try {
        save_snapshot();
    } catch (const Error&) {
        // The error that ended the run is told, and the snapshot before is whole.
    }
}

int TrainingRun::run_to_end() {
    try {
        while (true) {
            if (validation_due()) validate();
            if (signals_.stop() != 0) return stop(signals_.stop());
            if (signals_.take_save_request() || snapshot_due()) save_snapshot();
            if (caffe_due()) save_caffe();
            if (trainer_.iteration() >= trainer_.solver().iterations) break;
            if (patience_is_over()) {
                end_early();
                break;
            }
            update();
        }
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::not_finite) throw;
        give_up(error);
    }
    finish();
    return 0;
}

// Weights are good if the net gives numbers for the last batch: finite weights alone can overflow on the
// way. Error(not_finite) if they are not.
void TrainingRun::require_good_weights() {
    Evaluation unused;
    if (last_batch_.count > 0) trainer_.evaluate(last_batch_, unused);
}

void TrainingRun::update() {
    const Clock::time_point begin = Clock::now();
    std::optional<StepResult> result;
    while (!result) {
        last_batch_ = {};
        last_batch_ = as_batch(*loader_->next());
        photos_ += last_batch_.count;
        result = trainer_.step(last_batch_);
    }
    training_seconds_ += std::chrono::duration<double>(Clock::now() - begin).count();
    count(*result);
    const bool last = result->iteration == trainer_.solver().iterations;
    if (last || result->iteration % plan_.log_interval == 0) note_training(*result);
    if (progress_.due()) progress_.show(progress_line(*result));
}

void TrainingRun::count(const StepResult& result) {
    State& s = state_;
    const double accuracy = share(result.correct, result.counted);
    const double old = result.iteration == 1 ? 0 : smoothing;
    s.smooth_loss = old * s.smooth_loss + (1 - old) * result.loss;
    s.smooth_accuracy = old * s.smooth_accuracy + (1 - old) * accuracy;
    s.loss_sum += result.loss;
    ++s.updates;
    s.counted += result.counted;
    s.correct += result.correct;
}

void TrainingRun::note_training(const StepResult& result) {
    State& s = state_;
    const Curve::Point point{result.iteration, s.loss_sum / static_cast<double>(s.updates),
                             share(s.correct, s.counted)};
    s.curve.training.push_back(point);
    s.loss_sum = 0;
    s.updates = s.counted = s.correct = 0;
    Json event = event_of("train", point);
    event["rate"] = result.rate;
    event["photos_per_second"] = static_cast<double>(photos_) / training_seconds_;
    event["seconds"] = seconds();
    log_->write(event);
}

bool TrainingRun::validation_due() const {
    const std::int64_t now = trainer_.iteration();
    if (!checks_ || (now == 0 && !plan_.validate_first)) return false;
    if (now % plan_.validation_interval != 0 && now != trainer_.solver().iterations) return false;
    const auto& done = state_.curve.validation;
    return done.empty() || done.back().iteration != now;
}

// Cut short by a signal, it leaves no trace and is made up for after the resume.
void TrainingRun::validate() {
    const Span span(plan_.loader.trace.get(), "validate", "training");
    Evaluation sums;
    const bool whole = checks_->run([&](const Batch& batch) {
        trainer_.evaluate(batch, sums);
        return signals_.stop() == 0;
    });
    if (!whole) return;
    const Curve::Point point{trainer_.iteration(), sums.loss(), sums.accuracy()};
    state_.curve.validation.push_back(point);
    const bool best = !state_.best || better(point, *state_.best);
    if (best) {
        state_.best = point;
        save_model("best.safetensors");
    }
    log_->write(event_of("validation", point));
    save_curve();
    progress_.say(fmt::format("iteration {}: validation loss {}, accuracy {}{}", point.iteration,
                              fixed(point.loss, 4), percent(point.accuracy),
                              best ? " (the best so far)" : ""));
}

bool TrainingRun::patience_is_over() const {
    if (plan_.patience == 0 || !state_.best) return false;
    const auto& checks = state_.curve.validation;
    return std::count_if(checks.begin(), checks.end(), [&](const Curve::Point& check) {
               return check.iteration > state_.best->iteration;
           }) >= plan_.patience;
}

// A resume with more patience goes on from here.
void TrainingRun::end_early() {
    if (saved_at_ != trainer_.iteration()) save_snapshot();
    log_->write({{"event", "early end"}, {"iteration", trainer_.iteration()}, {"patience", plan_.patience}});
    progress_.say(fmt::format("ends at iteration {}: the last {} checks were no better than the best",
                              trainer_.iteration(), plan_.patience));
}

bool TrainingRun::snapshot_due() const {
    const std::int64_t now = trainer_.iteration();
    // The one before the first update shows at once whether the disk has room for it.
    const bool due = now % plan_.snapshot_interval == 0 || now == trainer_.solver().iterations;
    return due && saved_at_ != now;
}

void TrainingRun::save_curve() const {
    const std::string text = svg(chart_of(state_.curve));
    write_file(file("curve.svg"), std::as_bytes(std::span(text)));
}

bool TrainingRun::caffe_due() const {
    const std::int64_t now = trainer_.iteration();
    if (plan_.caffe_prefix.empty() || now == 0) return false;
    if (now == trainer_.solver().iterations) return true;
    return plan_.caffe_interval > 0 && now % plan_.caffe_interval == 0;
}

void TrainingRun::save_caffe() {
    const std::string path = fmt::format("{}_iter_{}.caffemodel", plan_.caffe_prefix, trainer_.iteration());
    formats::write_caffemodel(*published_model(), path);
    progress_.say("wrote " + path);
}

std::shared_ptr<const Model> TrainingRun::published_model() const {
    auto provenance = plan_.provenance;
    provenance["iteration"] = std::to_string(trainer_.iteration());
    const auto& validations = state_.curve.validation;
    if (!validations.empty() && validations.back().iteration == trainer_.iteration()) {
        provenance["validation accuracy"] = fixed(validations.back().accuracy, 4);
        provenance["validation loss"] = fixed(validations.back().loss, 4);
    }
    const auto trained = trainer_.model(provenance);
    std::vector<std::span<const float>> weights;
    for (std::size_t i = 0; i < trained->parameters().size(); ++i) weights.push_back(trained->weights(i));
    return std::make_shared<Model>(plan_.published, trained->factory(), std::move(weights), trained,
                                   trained->provenance());
}

void TrainingRun::save_model(const char* name) const {
    const Span span(plan_.loader.trace.get(), "save model", "training");
    save(*published_model(), file(name));
}

int TrainingRun::stop(int signal) {
    save_snapshot();
    log_->write({{"event", "stopped"}, {"iteration", saved_at_}, {"signal", signal}});
    progress_.say(fmt::format(
        "stopped by signal {} at iteration {}; go on with the same command and --resume", signal, saved_at_));
    return 128 + signal;
}

void TrainingRun::finish() {
    save_model("model.safetensors");
    log_->write({{"event", "end"}, {"iteration", trainer_.iteration()}, {"seconds", seconds()}});
    std::string line = fmt::format("{} iterations in {}", with_commas(trainer_.iteration() - first_),
                                   human_seconds(seconds()));
    if (training_seconds_ > 0) {
        line += fmt::format(", {} photos/s in training",
                            fixed(static_cast<double>(photos_) / training_seconds_, 0));
    }
    if (!broken_.empty()) line += fmt::format("; {} broken photos left out", broken_.size());
    progress_.say(line);
    if (state_.best) {
        progress_.say(fmt::format("best on validation: {} at iteration {}", percent(state_.best->accuracy),
                                  state_.best->iteration));
    }
    progress_.say(fmt::format("wrote {}", file("model.safetensors")));
}

void TrainingRun::give_up(const Error& error) {
    try {
        save_snapshot();
    } catch (const Error& bad) {
        if (bad.kind() != Error::Kind::not_finite) throw;
        trainer_.load_snapshot(file(snapshot_name));
    }
    save_model("model.safetensors");
    log_->write({{"event", "not finite"}, {"iteration", trainer_.iteration()}, {"why", error.what()}});
    throw Error(Error::Kind::not_finite,
                fmt::format("{}; the last good weights, of iteration {}, are in {}", error.what(),
                            trainer_.iteration(), file("model.safetensors")));
}

std::string TrainingRun::progress_line(const StepResult& result) const {
    const std::int64_t all = trainer_.solver().iterations, done = result.iteration - first_;
    const double left = seconds() / static_cast<double>(done) * static_cast<double>(all - result.iteration);
    return fmt::format("iteration {}/{}  loss {}  accuracy {}  rate {:.3g}  {} photos/s  {} left",
                       result.iteration, all, fixed(state_.smooth_loss, 4), percent(state_.smooth_accuracy),
                       result.rate, fixed(static_cast<double>(photos_) / training_seconds_, 0),
                       human_seconds(left));
}

}  // namespace emulsion::apps
