// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// From the loader to the net: the labels' check, the split of threads between the two, and a list that
// is gone through again and again.
#pragma once

#include <emulsion/trainer.h>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "data/loader.h"

namespace emulsion::apps {

/// The photos of a list file. Error(data), FILE:LINE, where a label is not below `classes`.
std::vector<Sample> read_labelled_list(const std::string& path, int classes);

/// Bytes that the photos take when fitted to the net's size.
std::size_t fitted_bytes(std::size_t photos, const Preprocessing&);

/// How a number of threads is shared out.
struct ThreadSplit {
    int compute = 1, loader = 1;
};
/// Photos that stay in memory are decoded by all threads during the first epoch, while the net waits,
/// and by none after it. Else a quarter decodes and the rest computes; one thread at least does each.
ThreadSplit split_threads(int threads, bool in_memory);

/// What a loader delivered, as the engine takes it.
Batch as_batch(const LoadedBatch&);

/// A list from front to back, any number of times in the same batches.
class Passes {
   public:
    /// Keeps the fitted photos if they take no more than `memory` bytes, so that only the first pass
    /// decodes. The options' order, crops and mirroring are overridden: centre crops in the list's order.
    Passes(std::vector<Sample>, LoaderOptions, std::size_t memory);

    std::size_t photos() const { return samples_.size(); }
    /// One pass. Ends early, answering false, once `use` does.
    bool run(const std::function<bool(const Batch&)>& use);

   private:
    std::vector<Sample> samples_;
    LoaderOptions options_;
    bool keep_, complete_ = false;
    std::vector<LoadedBatch> kept_;
};

}  // namespace emulsion::apps
