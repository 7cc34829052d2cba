// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What `emulsion train` was asked to do, by options or by a Caffe solver's file.
#pragma once

#include <emulsion/solver.h>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/common.h"

namespace emulsion::apps {

struct TrainSettings {
    RunOptions run;
    std::string solver_file, net, model, weights, train, validation, out;
    SolverConfig solver;
    std::string policy = "fixed", cache = "1GiB";
    std::string preset, preset_words;  ///< paper or modern; what it set, as options
    bool crop_if_room = false;         ///< of a preset: where photos are larger than the net's input
    std::optional<std::int64_t> iterations;
    double epochs = 0;
    int classes = 0;  ///< 0: as many as the net has
    std::vector<std::string> freeze, multipliers;
    std::optional<std::uint64_t> seed;
    bool mirror = false, crop = false, resume = false;
    int patience = 0;  ///< checks in a row without a better one that end the run; 0: none do
    std::int64_t validation_interval = 0, snapshot_interval = 500, log_interval = 0;

    // Only a solver's file says these.
    std::optional<std::string> train_folder,
        validation_folder;  ///< of the lists' photos; else the lists' own
    bool shuffle = true, validate_first = false;
    std::int64_t validation_photos = 0;        ///< a check; 0: all
    std::string caffe_prefix;                  ///< of weights saved as Caffe saves them; empty: none
    std::int64_t caffe_interval = 0;           ///< iterations between those; 0: only at the end
    std::vector<std::string> unused_settings;  ///< what the file says and Emulsion passes over

    std::uint64_t seed_or_default() const { return seed.value_or(1); }
};

void describe_train(CLI::App&, TrainSettings&);

/// Sets what the preset says and the command line does not.
void apply_preset(const CLI::App&, TrainSettings&);
/// The same for random crops, once the net is known.
void settle_crop(TrainSettings&, const Preprocessing&);

/// Sets everything as the solver's file says, except what options may say in its place (lists, folder, seed,
/// iterations, intervals), and answers its net. Error(data) in one line for files that make no sense or that
/// Emulsion cannot follow.
NetDef take_solver_file(TrainSettings&);

}  // namespace emulsion::apps
