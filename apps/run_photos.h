// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Photos through a net, for `score` and `classify`: while the net works on one batch, threads decode the
// next ones. One photo that cannot be used never stops the rest.
#pragma once

#include <emulsion/model.h>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "apps/common.h"
#include "data/list.h"

namespace emulsion::apps {

struct Failure {
    std::string path, error;
};

/// What went wrong so far; each failure is named on stderr when it happens.
class Failures {
   public:
    void add(const std::string& path, const std::string& error);
    const std::vector<Failure>& all() const { return all_; }
    int exit_code() const;

   private:
    std::vector<Failure> all_;
};

/// The photos named, and those in the folders named, each once. What cannot be listed has failed.
std::vector<Sample> collect_photos(const std::vector<std::string>& arguments, Failures&);

/// Calls `check(outputs of the net)` before the first photo, and `use(path, outputs)` for each photo that is
/// not broken, in the order of the samples. An answer that is not finite is a failure.
void run_photos(const std::shared_ptr<const Model>&, const std::vector<Sample>&, RunOptions,
                bool batch_invariant, Failures&, const std::function<void(int)>& check,
                const std::function<void(const std::string&, std::span<const float>)>& use);

}  // namespace emulsion::apps
