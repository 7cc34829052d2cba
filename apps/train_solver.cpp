// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A Caffe solver's file as settings of `emulsion train`.
#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <filesystem>

#include "apps/train_settings.h"
#include "data/list.h"
#include "data/lmdb.h"
#include "engine/formats/readers.h"

namespace emulsion::apps {
namespace {

using formats::CaffeData;
using formats::CaffeSolver;

/// Takes the list of one phase, unless an option names another.
void take_list(const CaffeData& data, const std::string& solver_file, const char* option, std::string& list,
               std::optional<std::string>& folder) {
    if (!list.empty()) return;
    if (data.database && !is_lmdb(data.source)) {
        throw Error(
            Error::Kind::data,
            fmt::format("{}: its net reads the database {}, which is no LMDB; name another, or a list "
                        "of photos, with {}",
                        solver_file, data.source, option));
    }
    list = data.source;
    if (data.database) return;
    if (!data.root_folder.empty()) {
        folder = data.root_folder;
        return;
    }
    // Caffe looks for photos below the working directory.
    const std::string first = read_list(list, "").front().path;
    std::error_code unknown;
    if (std::filesystem::exists(first, unknown)) folder = "";
}

void take_tests(const CaffeSolver& solver, TrainSettings& s) {
    if (solver.test_iter == 0) return;
    take_list(solver.test_data, s.solver_file, "--val", s.validation, s.validation_folder);
    if (solver.test_iter > (std::int64_t{1} << 40) / solver.test_data.batch)
        throw Error(Error::Kind::data, fmt::format("{}: a test_iter of {}", s.solver_file, solver.test_iter));
    s.validation_photos = solver.test_iter * solver.test_data.batch;
    s.validate_first = solver.test_first;
    if (s.validation_interval <= 0) s.validation_interval = solver.test_interval;
}

// Without --out, weights go where Caffe would put them, and the run's folder stands beside them; it never is
// the prefix itself, which would mean another place once there is a folder of that name.
void choose_places(const std::string& prefix, TrainSettings& s) {
    s.caffe_prefix = prefix;
    if (s.out.empty()) {
        s.out = prefix + "_run";
    } else {
        s.caffe_prefix = (std::filesystem::path(s.out) / std::filesystem::path(prefix).filename()).string();
    }
}

}  // namespace

NetDef take_solver_file(TrainSettings& s) {
    CaffeSolver solver = formats::read_solver(s.solver_file);
    s.solver = solver.config;
    s.policy = name(solver.config.policy);
    if (s.solver.iterations == 0 && !s.iterations)
        throw Error(Error::Kind::data,
                    fmt::format("{}: the solver has no max_iter; add --iterations", s.solver_file));
    constexpr std::int64_t most = 65536;  // as --batch
    if (solver.train_data.batch > most)
        throw Error(Error::Kind::data,
                    fmt::format("{}: a batch_size of {}", s.solver_file, solver.train_data.batch));
    s.run.batch = static_cast<int>(solver.train_data.batch);
    s.mirror = solver.train_data.mirror;
    const Preprocessing& photos = solver.train_net.preprocessing;
    s.crop = photos.crop_height < photos.height || photos.crop_width < photos.width;
    s.shuffle = solver.train_data.shuffle;
    if (!s.seed && solver.random_seed >= 0) s.seed = static_cast<std::uint64_t>(solver.random_seed);
    if (s.log_interval <= 0) s.log_interval = solver.display;
    take_list(solver.train_data, s.solver_file, "--train", s.train, s.train_folder);
    take_tests(solver, s);
    s.caffe_interval = solver.snapshot;
    choose_places(solver.snapshot_prefix, s);
    s.unused_settings = std::move(solver.ignored);
    return std::move(solver.train_net);
}

}  // namespace emulsion::apps
