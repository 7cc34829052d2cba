// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion baseline`: what features can do without a net trained for the task.
#include "apps/baseline/command.h"

#include "apps/command.h"

namespace emulsion::apps {

void add_baseline(CLI::App& app, Runner& runner) {
    CLI::App* const sub =
        app.add_subcommand("baseline", "Train a support vector machine or a random forest on features");
    sub->require_subcommand(1);
    add_baseline_svm(*sub, runner);
    add_baseline_forest(*sub, runner);
}

}  // namespace emulsion::apps
