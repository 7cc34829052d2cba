// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Photos judged by a baseline, from the values of the net's layer that it learnt from.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/baseline/baseline.h"
#include "apps/run_photos.h"

namespace emulsion::apps {

struct BaselineSource {
    std::string file, layer;  ///< of emulsion baseline; of the net
    bool before_relu = false;

    bool given() const { return !file.empty(); }
};

/// --baseline, --layer, --before-relu.
void add_baseline_source(CLI::App&, BaselineSource&);

class LayerJudge {
   public:
    /// Error(data): the file is no baseline; Error(usage): the net has no such layer.
    LayerJudge(const BaselineSource&, const std::shared_ptr<const Model>& net);

    using Use = std::function<void(const std::string& path, const baseline::Baseline::Judgement&)>;
    /// Calls `use` for each photo that is not broken, in the order of the samples. Error(data) if the layer
    /// has another number of values than the baseline knows.
    void run(const std::vector<Sample>&, const RunOptions&, bool batch_invariant, Failures&,
             const Use& use) const;

   private:
    BaselineSource source_;
    std::shared_ptr<const baseline::Baseline> baseline_;
    std::shared_ptr<const Model> net_;
};

}  // namespace emulsion::apps
