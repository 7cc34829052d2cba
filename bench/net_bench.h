// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A whole net, at inference or in training: verified, then timed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/pace.h"
#include "bench/photo_source.h"
#include "emulsion/options.h"

namespace emulsion::bench {

struct NetCase {
    std::string net;
    Mode mode = Mode::inference;
    int batch = 1;
    kernels::Precision precision = kernels::Precision::fp32;
    SourceKind source;

    std::string name() const;  ///< "training/alexnet/n50/bf16/files"
};

struct NetTiming : Timing {
    kernels::Cost cost;  ///< of all steps; in training of the update too
};

/// What the first run or step of a net answers, from which the verification judges it.
struct Answer {
    std::vector<float> logits;    ///< of the first and the last photo, each photo's less their mean
    double loss = 0;              ///< in training
    std::vector<float> gradient;  ///< in training: of the first weights of the net, where all layers' meet
};

/// Empty, or in one line how `tested` parts from `reference` by more than `tolerance`, the relative error
/// that logits may have (apps/compare.h). NaN parts.
std::string complaint(const Answer& tested, const Answer& reference, double tolerance);

/// Probabilities, `classes` a photo, as logits less their mean.
std::vector<float> centred_logits(std::span<const float> probabilities, int classes);

/// The first and the last of rows of `width` values; of a single row that one.
template <class T>
std::vector<T> ends_of(std::span<const T> rows, std::size_t width) {
    std::vector<T> ends(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(width));
    if (rows.size() > width)
        ends.insert(ends.end(), rows.end() - static_cast<std::ptrdiff_t>(width), rows.end());
    return ends;
}

class NetBench {
   public:
    /// Of the options, device, threads and implementations count.
    NetBench(Options, Pace);
    ~NetBench();

    /// Never throws for what goes wrong with a case, as memory that it lacks: the timing then says what.
    NetTiming run(const NetCase&);

   private:
    template <class Side>
    NetTiming verify_and_time(const NetCase&);
    std::shared_ptr<const Model> model_of(const std::string& net);

    Options options_;
    Pace pace_;
    std::shared_ptr<const Model> model_;        ///< of the net last asked for
    std::map<std::string, Answer> references_;  ///< of it, by mode, batch and source
};

}  // namespace emulsion::bench
