// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// One training run in one folder: the loop over updates, and all that it leaves behind.
//
//   snapshot.safetensors  everything needed to go on with the same bits; replaced whole
//   log.jsonl, curve.svg  what happened, for programs and for people
//   best.safetensors      the model that did best on the validation list
//   model.safetensors     the model at the end
//
// and, of a Caffe solver, PREFIX_iter_N.caffemodel, wherever its prefix points.
//
// A snapshot remembers how long the log was, so that a run which is resumed cuts off what the lost
// iterations wrote, and writes it again.
#pragma once

#include <emulsion/error.h>
#include <emulsion/trainer.h>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/feed.h"
#include "apps/folder_lock.h"
#include "apps/progress.h"
#include "apps/signals.h"
#include "apps/training_log.h"

namespace emulsion::apps {

struct TrainingPlan {
    std::string folder;
    std::vector<Sample> training, validation;  ///< validation may be empty
    LoaderOptions loader;
    std::size_t cache_bytes = 0;
    std::int64_t validation_interval = 0, snapshot_interval = 0, log_interval = 1;  ///< iterations
    std::int64_t validation_photos = 0;  ///< in each check, which goes on where the last one ended; 0: all
    int patience = 0;                    ///< checks that are no better in a row, then it ends; 0: never
    bool validate_first = false;         ///< before the first iteration too
    std::string caffe_prefix;         ///< of weights in Caffe's format, "PREFIX_iter_N.caffemodel"; or empty
    std::int64_t caffe_interval = 0;  ///< iterations between those; 0: only at the end
    bool resume = false;
    /// By option name, what the bits of the result follow from beside the trainer's own settings.
    std::map<std::string, std::string> settings;
    std::map<std::string, std::string> provenance;
    /// The net to save, if it is not the trainer's to the letter: frozen layers learn again elsewhere.
    NetDef published;
};

class TrainingRun {
   public:
    /// Opens the folder: afresh, or at its snapshot. Error(usage) if the folder holds a run already and
    /// it is not to be resumed, or the other way round, if another process is at work there, or if settings
    /// differ from the snapshot's;
    /// Error(failure) if it cannot be written to.
    TrainingRun(TrainingPlan plan, Trainer& trainer);

    /// To the last iteration, or until a signal asks for an end. Answers the exit code: 0, or 128 and
    /// the signal's number. A loss that is not finite leaves the last good weights in the folder and
    /// throws Error(not_finite).
    int run();

   private:
    using Clock = std::chrono::steady_clock;

    /// What a snapshot keeps beside the trainer's own state.
    struct State {
        Curve curve;
        double loss_sum = 0;                                 ///< since the curve's last training point:
        std::int64_t updates = 0, counted = 0, correct = 0;  ///< updates, photos with a label, right ones
        double smooth_loss = 0, smooth_accuracy = 0;         ///< for the progress line
        std::optional<Curve::Point> best;
    };

    std::string file(const char* name) const { return plan_.folder + "/" + name; }
    void open_folder();
    void open_checks();
    std::int64_t restore();
    void note_broken(const std::string& path, const std::string& why);

    int run_to_end();
    void require_good_weights();
    void save_quietly();
    void update();
    void count(const StepResult&);
    void note_training(const StepResult&);
    bool validation_due() const;
    void validate();
    bool patience_is_over() const;
    void end_early();
    bool snapshot_due() const;
    void save_snapshot();
    void save_curve() const;
    std::shared_ptr<const Model> published_model() const;
    void save_model(const char* name) const;
    bool caffe_due() const;
    void save_caffe();
    int stop(int signal);
    void finish();
    [[noreturn]] void give_up(const Error&);

    std::string progress_line(const StepResult&) const;
    double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

    TrainingPlan plan_;
    Trainer& trainer_;
    State state_;
    std::optional<FolderLock> lock_;
    std::optional<TrainingLog> log_;
    std::optional<Loader> loader_;
    std::unique_ptr<Checks> checks_;  ///< none without a validation list
    Batch last_batch_{};              ///< valid until the loader's next
    std::set<std::string> broken_;
    Progress progress_;
    SignalWatch signals_;

    std::int64_t first_ = 0, saved_at_ = -1;  ///< iterations
    Clock::time_point start_;
    double training_seconds_ = 0;
    std::int64_t photos_ = 0;  ///< in those seconds
};

}  // namespace emulsion::apps
