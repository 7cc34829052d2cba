// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the subcommands of `emulsion baseline` share.
#pragma once

#include <string>

#include "apps/baseline/baseline.h"
#include "apps/baseline/class_report.h"
#include "apps/baseline/features.h"
#include "apps/command.h"
#include "apps/common_json.h"

namespace emulsion::apps {

void add_baseline_svm(CLI::App&, Runner&);
void add_baseline_forest(CLI::App&, Runner&);

/// The features, --test, --out and --seed.
struct BaselineSettings {
    std::string features, test, out;
    std::uint64_t seed = 1;
    bool json = false;
};
void add_baseline_options(CLI::App&, BaselineSettings&);

/// Error(usage) if --out would replace what is read; Error(data) if the training set lacks a class.
void check_baseline(const BaselineSettings&, const baseline::Features&);
/// How well a baseline does on --test.
baseline::ClassReport test_report(const baseline::Baseline&, const baseline::Features& test);
Json json_of(const baseline::ClassReport&);
/// Where a baseline came from, to be kept in its file.
baseline::Provenance provenance(const BaselineSettings&, const baseline::Features&);

}  // namespace emulsion::apps
