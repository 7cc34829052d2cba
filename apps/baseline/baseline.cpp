// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/baseline.h"

#include <emulsion/error.h>
#include <emulsion/safetensors.h>

#include <cmath>

namespace emulsion::baseline {

std::vector<Baseline::Judgement> Baseline::judge(Rows features) const {
    if (features.depth != columns())
        throw Error(Error::Kind::data, "the baseline knows photos by " + std::to_string(columns()) +
                                           " features, not by " + std::to_string(features.depth));
    std::vector<Judgement> judgements = judge_rows(features);
    for (const Judgement& judgement : judgements)
        if (!std::isfinite(judgement.probability))
            throw Error(Error::Kind::not_finite, "the baseline's answer is not a number");
    return judgements;
}

std::shared_ptr<const Baseline> load_baseline(const std::string& path) {
    const std::shared_ptr<const SafetensorsFile> file = SafetensorsFile::open(path);
    const auto kind = file->metadata().find("emulsion.baseline");
    if (kind != file->metadata().end() && kind->second == "svm") return load_svm(*file);
    if (kind != file->metadata().end() && kind->second == "forest") return load_forest(*file);
    throw Error(Error::Kind::data, path + ": not a baseline, as emulsion baseline writes it");
}

}  // namespace emulsion::baseline
