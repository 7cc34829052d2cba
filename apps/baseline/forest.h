// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A random forest of two classes. OpenCV grows its trees; they are kept, saved and asked without it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/baseline/baseline.h"
#include "apps/baseline/features.h"

namespace emulsion::baseline {

struct ForestOptions {
    int trees = 10;
    std::uint64_t seed = 1;
    int threads = 1;
};

class Forest final : public Baseline {
   public:
    /// The nodes of all trees, one list a property. At an inner node a photo goes left if its feature is at
    /// most the threshold; children come after their parents.
    struct Nodes {
        std::vector<std::int32_t> feature;  ///< -1 at a leaf
        std::vector<float> threshold;
        std::vector<std::int32_t> left, right;
        std::vector<std::int32_t> answer;  ///< of a leaf: class 0 or 1
        std::vector<std::int32_t> roots;
    };
    Forest(Nodes nodes, std::int64_t columns) : nodes_(std::move(nodes)), columns_(columns) {}

    const char* kind() const override { return "forest"; }
    std::int64_t columns() const override { return columns_; }
    const Nodes& nodes() const { return nodes_; }
    void save(const std::string& path, const Provenance&) const override;

   private:
    /// The probability is the share of the trees that say 1; the answer is theirs, and 0 where they are even.
    std::vector<Judgement> judge_rows(Rows features) const override;

    Nodes nodes_;
    std::int64_t columns_;
};

/// Each tree grows on photos drawn with replacement until its leaves hold one class, and chooses at each node
/// among sqrt(columns) features drawn at random. The same seed gives the same forest, whatever the threads.
Forest grow_forest(const Features&, const ForestOptions&);

}  // namespace emulsion::baseline
