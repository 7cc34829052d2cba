// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "emulsion/model.h"
#include "emulsion/options.h"
#include "emulsion/program.h"
#include "emulsion/solver.h"

namespace emulsion {

class Device;

/// One batch as a loader delivers it. Spans need to live only for the call.
struct Batch {
    std::span<const std::uint8_t> photos;  ///< u8, count x height x width x 3, RGB, after resizing
    std::span<const std::int32_t> labels;  ///< count; -1 leaves a photo out of loss and accuracy
    std::span<const std::int32_t> crops;   ///< count x 3: top, left, mirrored; empty: the centre
    int count = 0;                         ///< at most Options::batch; the rest counts as left out
};

/// What one update did.
struct StepResult {
    std::int64_t iteration = 0;    ///< updates done, this one included
    double loss = 0;               ///< mean over the batches of the update
    double rate = 0;               ///< learning rate used
    int counted = 0, correct = 0;  ///< photos with a label, and those classed rightly
};

/// Sums over an evaluation. confusion[truth][answer].
struct Evaluation {
    double loss_sum = 0;
    std::int64_t counted = 0, correct = 0;
    std::vector<std::vector<std::int64_t>> confusion;
    double loss() const { return counted == 0 ? 0 : loss_sum / static_cast<double>(counted); }
    double accuracy() const {
        return counted == 0 ? 0 : static_cast<double>(correct) / static_cast<double>(counted);
    }
};

/// A net in training: a session with gradients, momentum and a solver.
///
/// The net's last layer must be of type "softmax" (or the net ends in logits, and gets one); in
/// training it becomes softmax with cross-entropy against the labels.
class Trainer {
   public:
    /// Starts from the model's weights, which it copies; rate and decay multipliers are the net's own.
    Trainer(const std::shared_ptr<const Model>&, const SolverConfig&, const Options&);
    /// The same on a device that is open already, as for a Session.
    Trainer(const std::shared_ptr<const Model>&, const SolverConfig&, const Options&,
            std::unique_ptr<Device>);
    ~Trainer();
    Trainer(Trainer&&) noexcept;

    const NetDef& net() const;
    const Program& program() const;
    const SolverConfig& solver() const;
    std::int64_t iteration() const;
    int classes() const;

    /// One batch, forward and backward; after every iter_size-th call one update, whose result comes
    /// back. A loss or gradient that is not finite throws Error(not_finite) naming the first layer
    /// at which it appears; weights and momentum stay as they were before this update.
    std::optional<StepResult> step(const Batch&);

    /// The forward pass as at inference (no dropout), summed into `sums`.
    void evaluate(const Batch&, Evaluation& sums);
    /// Probabilities of the last evaluate(): count x classes().
    std::span<const float> probabilities() const;

    /// The weights as they are now, as a model of its own (a copy).
    std::shared_ptr<const Model> model(const std::map<std::string, std::string>& provenance = {}) const;

    /// Everything needed to go on with the same bits: weights, momentum, iteration, solver, seed, what
    /// the bits depend on (device, implementations, threads), and `extra`, the caller's own text by
    /// key (data position, curve). Written beside and renamed. Only between updates.
    void save_snapshot(const std::string& path, const std::map<std::string, std::string>& extra) const;
    /// Restores it; answers `extra`. Error(data) if it is of another net. If device, implementations
    /// or threads differ, a warning goes to the log: bits may then differ.
    std::map<std::string, std::string> load_snapshot(const std::string& path);

    /// A trainable parameter's gradient after the last backward pass, or its value now; by name.
    std::vector<float> gradient(const std::string& parameter) const;
    std::vector<float> parameter(const std::string& parameter) const;
    /// As in Session, of the last training pass; valid until the next step or evaluation.
    std::vector<std::string> readable() const;
    std::vector<float> value(const std::string& name) const;

    void profile(bool on);
    /// Profile of forward, backward and update steps, packing of weights included.
    std::vector<StepInfo> steps() const;

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace emulsion
