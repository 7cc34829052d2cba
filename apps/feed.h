// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// From the loader to the net: the labels' check, the split of threads between the two, and a list that
// is gone through again and again.
#pragma once

#include <emulsion/trainer.h>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/loader.h"

namespace emulsion::apps {

/// The photos of a list file, below `folder` or else the list's own. Error(data), FILE:LINE, where a label is
/// not below `classes`.
std::vector<Sample> read_labelled_list(const std::string& path, int classes,
                                       const std::optional<std::string>& folder = {});

/// Bytes that the photos take when fitted to the net's size.
std::size_t fitted_bytes(std::size_t photos, const Preprocessing&);

/// How a number of threads is shared out.
struct ThreadSplit {
    int compute = 1, loader = 1;
};
/// Photos that stay in memory are decoded by all threads during the first epoch, while the net waits,
/// and by none after it. Else a quarter decodes and the rest computes; one thread at least does each. Where a
/// GPU computes, all decode.
ThreadSplit split_threads(int threads, bool in_memory, kernels::DeviceKind);

/// What a loader delivered, as the engine takes it.
Batch as_batch(const LoadedBatch&);

/// What each check of a model looks at.
class Checks {
   public:
    virtual ~Checks() = default;
    /// One check. Ends early, answering false, once `use` does.
    virtual bool run(const std::function<bool(const Batch&)>& use) = 0;
};

/// A list from front to back, any number of times in the same batches.
class Passes : public Checks {
   public:
    /// Keeps the fitted photos if they take no more than `memory` bytes, so that only the first pass
    /// decodes. The options' order, crops and mirroring are overridden: centre crops in the list's order.
    Passes(std::vector<Sample>, LoaderOptions, std::size_t memory);

    bool run(const std::function<bool(const Batch&)>& use) override;

   private:
    std::vector<Sample> samples_;
    LoaderOptions options_;
    bool keep_, complete_ = false;
    std::vector<LoadedBatch> kept_;
};

/// The next `photos` of a list, begun again at its end: Caffe's test_iter, where a check goes on where the
/// one before it ended. `done` checks lie behind. Crops and memory as of Passes.
class Turns : public Checks {
   public:
    Turns(std::vector<Sample>, LoaderOptions, std::size_t memory, std::int64_t photos, std::size_t done);

    bool run(const std::function<bool(const Batch&)>& use) override;

   private:
    std::int64_t batches_;  ///< of each check
    Loader loader_;
};

}  // namespace emulsion::apps
