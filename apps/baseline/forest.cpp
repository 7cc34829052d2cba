// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/forest.h"

#include <cmath>

#include "apps/baseline/tensors.h"

namespace emulsion::baseline {
namespace {

constexpr std::size_t at(std::int64_t i) {
    return static_cast<std::size_t>(i);
}

std::int32_t answer(const Forest::Nodes& nodes, std::int32_t node, const float* row) {
    while (nodes.feature[at(node)] >= 0)
        node = row[nodes.feature[at(node)]] <= nodes.threshold[at(node)] ? nodes.left[at(node)]
                                                                         : nodes.right[at(node)];
    return nodes.answer[at(node)];
}

/// A file is not trusted: every path must end in a leaf, and within the lists.
void check(const Forest::Nodes& nodes, std::int64_t columns, const SafetensorsFile& file) {
    const std::size_t count = nodes.feature.size();
    const auto refuse = [&] { refuse_baseline(file, "its trees make no sense"); };
    if (columns < 1 || nodes.roots.empty() || nodes.threshold.size() != count || nodes.left.size() != count ||
        nodes.right.size() != count || nodes.answer.size() != count)
        refuse();
    const auto within = [&](std::int64_t node) { return node >= 0 && at(node) < count; };
    for (const std::int32_t root : nodes.roots)
        if (!within(root)) refuse();
    for (std::size_t i = 0; i < count; ++i) {
        if (nodes.answer[i] != 0 && nodes.answer[i] != 1) refuse();
        if (nodes.feature[i] < 0) continue;
        const auto self = static_cast<std::int64_t>(i);
        if (nodes.feature[i] >= columns || std::isnan(nodes.threshold[i]) || !within(nodes.left[i]) ||
            !within(nodes.right[i]) || nodes.left[i] <= self || nodes.right[i] <= self)
            refuse();
    }
}

}  // namespace

std::vector<Baseline::Judgement> Forest::judge_rows(Rows features) const {
    std::vector<Judgement> result;
    const auto trees = static_cast<std::int64_t>(nodes_.roots.size());
    for (std::int64_t i = 0; i < features.count; ++i) {
        std::int64_t votes = 0;
        for (const std::int32_t root : nodes_.roots) votes += answer(nodes_, root, features.row(i));
        result.push_back({static_cast<double>(votes) / static_cast<double>(trees),
                          static_cast<std::int8_t>(2 * votes > trees ? 1 : 0)});
    }
    return result;
}

void Forest::save(const std::string& path, const Provenance& provenance) const {
    Provenance metadata = provenance;
    metadata["emulsion.baseline"] = kind();
    const auto count = static_cast<std::int64_t>(nodes_.feature.size());
    const std::vector<std::int32_t> columns{static_cast<std::int32_t>(columns_)};
    write_safetensors(
        path, metadata,
        {file_tensor("feature", nodes_.feature, {count}), file_tensor("threshold", nodes_.threshold, {count}),
         file_tensor("left", nodes_.left, {count}), file_tensor("right", nodes_.right, {count}),
         file_tensor("answer", nodes_.answer, {count}),
         file_tensor("roots", nodes_.roots, {static_cast<std::int64_t>(nodes_.roots.size())}),
         file_tensor("columns", columns, {1})});
}

std::shared_ptr<const Baseline> load_forest(const SafetensorsFile& file) {
    const auto integers = [&](const char* name) { return read_tensor<std::int32_t>(file, name, 1); };
    Forest::Nodes nodes{integers("feature"), read_tensor<float>(file, "threshold", 1),
                        integers("left"),    integers("right"),
                        integers("answer"),  integers("roots")};
    const std::vector<std::int32_t> columns = integers("columns");
    if (columns.size() != 1) refuse_baseline(file, "'columns' is not as it should be");
    check(nodes, columns.front(), file);
    return std::make_shared<Forest>(std::move(nodes), columns.front());
}

}  // namespace emulsion::baseline
