// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A trained baseline: features of a photo to the probability that it pleases. Kept in a safetensors file.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/baseline/rows.h"

namespace emulsion {
class SafetensorsFile;
}

namespace emulsion::baseline {

/// Words on where a baseline came from, kept in its file: features, samples, folds, seed, ...
using Provenance = std::map<std::string, std::string>;

class Baseline {
   public:
    virtual ~Baseline() = default;

    virtual const char* kind() const = 0;  ///< "svm" or "forest"
    virtual std::int64_t columns() const = 0;

    struct Judgement {
        double probability = 0;  ///< of class 1
        std::int8_t answer = 0;  ///< class 0 or 1, by the machine's own rule and not by the probability
    };
    /// One for each row. Error(data) if the rows are not columns() wide; Error(not_finite)
    /// if an answer is NaN.
    std::vector<Judgement> judge(Rows features) const;

    /// Writes the file whole or not at all. Error(failure).
    virtual void save(const std::string& path, const Provenance&) const = 0;

   private:
    virtual std::vector<Judgement> judge_rows(Rows features) const = 0;
};

/// Reads a file that save() wrote. Error(data) in one line if it is none, or broken.
std::shared_ptr<const Baseline> load_baseline(const std::string& path);

// The two kinds, from a file that was opened.
std::shared_ptr<const Baseline> load_svm(const SafetensorsFile&);
std::shared_ptr<const Baseline> load_forest(const SafetensorsFile&);

}  // namespace emulsion::baseline
