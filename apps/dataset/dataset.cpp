// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion dataset`: from metadata and photos to lists, and what is to be known of lists.
#include "apps/dataset/commands.h"

namespace emulsion::apps {

void add_dataset(CLI::App& app, Runner& runner) {
    CLI::App* dataset =
        app.add_subcommand("dataset", "Make a data set of photos by their popularity; look at one");
    dataset->require_subcommand(1);
    add_dataset_build(*dataset, runner);
    add_dataset_mean(*dataset, runner);
    add_dataset_hash(*dataset, runner);
}

}  // namespace emulsion::apps
