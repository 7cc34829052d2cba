// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/features/layer_judge.h"

#include <emulsion/error.h>
#include <spdlog/fmt/fmt.h>
#include <CLI/CLI.hpp>

#include "apps/features/cut_net.h"

namespace emulsion::apps {
namespace {

/// Photos judged at once: a baseline prepares for each call, and does as well with many as with one.
constexpr std::size_t most_waiting = 512;

}  // namespace

void add_baseline_source(CLI::App& app, BaselineSource& source) {
    CLI::Option* baseline = app.add_option("--baseline", source.file,
                                           "Judge by what emulsion baseline learnt, from --layer of the net")
                                ->type_name("FILE");
    CLI::Option* layer =
        app.add_option("--layer", source.layer, "The layer that the baseline's features are of")
            ->needs(baseline);
    baseline->needs(layer);
    app.add_flag("--before-relu", source.before_relu, "Its values before the ReLU behind it")
        ->needs(baseline);
}

LayerJudge::LayerJudge(const BaselineSource& source, const std::shared_ptr<const Model>& net)
    : source_(source),
      baseline_(baseline::load_baseline(source.file)),
      net_(cut_at(net, value_of_layer(net->net(), source.layer, source.before_relu))) {}

void LayerJudge::run(const std::vector<Sample>& samples, const RunOptions& options, bool batch_invariant,
                     Failures& failures, const Use& use) const {
    const std::int64_t columns = baseline_->columns();
    const auto check = [&](int outputs) {
        if (outputs == columns) return;
        throw Error(
            Error::Kind::data,
            fmt::format("{}: the baseline knows photos by {} features; the layer {} of the net has {}",
                        source_.file, columns, source_.layer, outputs));
    };
    std::vector<std::string> paths;
    std::vector<float> features;
    const auto judge = [&] {
        const auto judged =
            baseline_->judge({features.data(), static_cast<std::int64_t>(paths.size()), columns});
        for (std::size_t i = 0; i < paths.size(); ++i) use(paths[i], judged[i]);
        paths.clear();
        features.clear();
    };
    run_photos(net_, samples, options, batch_invariant, failures, check,
               [&](const std::string& path, std::span<const float> values) {
                   paths.push_back(path);
                   features.insert(features.end(), values.begin(), values.end());
                   if (paths.size() == most_waiting) judge();
               });
    if (!paths.empty()) judge();
}

}  // namespace emulsion::apps
