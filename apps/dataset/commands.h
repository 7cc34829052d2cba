// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The subcommands of `emulsion dataset`, one source file each.
#pragma once

#include "apps/command.h"

namespace emulsion::apps {

void add_dataset_build(CLI::App&, Runner&);
void add_dataset_mean(CLI::App&, Runner&);
void add_dataset_hash(CLI::App&, Runner&);

}  // namespace emulsion::apps
