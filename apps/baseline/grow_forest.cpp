// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/error.h>
#include <opencv2/core.hpp>
#include <opencv2/ml.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <thread>

#include "apps/baseline/forest.h"

namespace emulsion::baseline {
namespace {

/// One tree, as OpenCV grows it. Its random numbers come from a generator that each thread has of its own.
cv::Ptr<cv::ml::RTrees> grow_tree(const cv::Ptr<cv::ml::TrainData>& data, int columns, int seed) {
    const cv::Ptr<cv::ml::RTrees> tree = cv::ml::RTrees::create();
    tree->setMaxDepth(std::numeric_limits<int>::max());
    tree->setMinSampleCount(1);
    tree->setActiveVarCount(static_cast<int>(std::sqrt(columns)));
    tree->setCalculateVarImportance(false);
    tree->setTermCriteria(cv::TermCriteria(cv::TermCriteria::MAX_ITER, 1, 0));
    cv::setRNGSeed(seed);
    if (!tree->train(data)) throw Error(Error::Kind::failure, "OpenCV could not grow a tree");
    return tree;
}

/// Appends a tree below a node, parents first.
std::int32_t take_over(const cv::ml::DTrees& tree, int node, Forest::Nodes& nodes) {
    const cv::ml::DTrees::Node& from = tree.getNodes()[static_cast<std::size_t>(node)];
    const auto to = nodes.feature.size();
    const bool leaf = from.split < 0;
    nodes.feature.push_back(-1);
    nodes.threshold.push_back(0);
    nodes.left.push_back(-1);
    nodes.right.push_back(-1);
    nodes.answer.push_back(from.value > 0.5 ? 1 : 0);
    if (!leaf) {
        const cv::ml::DTrees::Split& split = tree.getSplits()[static_cast<std::size_t>(from.split)];
        nodes.feature[to] = split.varIdx;
        nodes.threshold[to] = split.c;
        const std::int32_t left = take_over(tree, from.left, nodes);
        const std::int32_t right = take_over(tree, from.right, nodes);
        nodes.left[to] = left;
        nodes.right[to] = right;
    }
    return static_cast<std::int32_t>(to);
}

}  // namespace

Forest grow_forest(const Features& features, const ForestOptions& options) {
    const auto rows = static_cast<int>(features.count), columns = static_cast<int>(features.columns);
    const cv::Mat values(rows, columns, CV_32F, const_cast<float*>(features.values.data()));
    cv::Mat classes(rows, 1, CV_32S);
    for (int i = 0; i < rows; ++i)
        classes.at<int>(i) = features.classes[static_cast<std::size_t>(i)] == 1 ? 1 : 0;
    const auto data = cv::ml::TrainData::create(values, cv::ml::ROW_SAMPLE, classes);

    std::vector<cv::Ptr<cv::ml::RTrees>> trees(static_cast<std::size_t>(options.trees));
    std::atomic<std::size_t> next = 0;
    std::vector<std::exception_ptr> failures(trees.size());
    const auto work = [&] {
        for (std::size_t i = next++; i < trees.size(); i = next++) {
            try {
                trees[i] = grow_tree(data, columns, static_cast<int>(options.seed * trees.size() + i + 1));
            } catch (...) {
                failures[i] = std::current_exception();
            }
        }
    };
    {
        std::vector<std::jthread> others;
        for (int t = 1; t < options.threads; ++t) others.emplace_back(work);
        work();
    }
    for (const std::exception_ptr& failure : failures)
        if (failure) std::rethrow_exception(failure);
    Forest::Nodes nodes;
    for (const auto& tree : trees) nodes.roots.push_back(take_over(*tree, tree->getRoots().front(), nodes));
    return Forest(std::move(nodes), features.columns);
}

}  // namespace emulsion::baseline
