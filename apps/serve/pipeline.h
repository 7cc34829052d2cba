// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Photos to probabilities inside one process: threads decode, and one thread runs the net on batches of what
// is decoded. The net never waits for a photo that is slow to decode; the next ones go first.
#pragma once

#include <emulsion/model.h>
#include <emulsion/options.h>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "apps/serve/backend.h"
#include "data/decode.h"

namespace emulsion::serve {

struct PipelineOptions {
    PipelineOptions() {
        net.batch = 8;
        net.batch_invariant = true;
    }

    /// Device, threads, implementations; `batch` is the most photos of one run. Batch-invariant unless this
    /// says otherwise: a photo's probability is then `emulsion score`'s to the bit, whatever its neighbours.
    Options net;
    int decoders = 1;  ///< threads
    /// How long the first photo of a batch waits for others that are being decoded.
    std::chrono::microseconds delay{2000};
    std::int64_t most_pixels = 100'000'000;  ///< of a photo
    int most_side = 16'384;
    std::size_t most_bytes = std::size_t{64} << 20;  ///< of a photo's file
    /// Memory for the pixels of all photos that are being decoded; a photo waits until there is room for it.
    /// One alone may take more. Between photos the decoders keep up to a quarter of it besides.
    std::size_t decode_budget = std::size_t{1} << 30;
    int long_side = 8, short_side = 6;  ///< parts of an occlusion's grid along the photo's sides
};

class Pipeline {
   public:
    /// Whose job it is; comes back with the answer.
    struct Ticket {
        std::uint64_t session = 0, job = 0;
    };
    struct Photo {
        Ticket ticket;
        Task task = Task::score;
        std::chrono::steady_clock::time_point deadline;
        std::span<const std::byte> file;
        std::shared_ptr<const void> owner;  ///< keeps the file's memory
    };
    struct Callbacks {
        /// Once for each photo that is not forgotten, from any of the pipeline's threads, with the size of
        /// the batch that it went through (0: none). Must be quick and not throw.
        std::function<void(const Ticket&, Answer, int batch)> answered;
        /// The net failed, and with it the pipeline: nothing more is answered. At most once.
        std::function<void(const std::string& why)> failed;
    };

    /// Makes sessions for batches of 1, 2, 4 ... options.net.batch photos; throws what Session does, and
    /// Error(data), naming the model, unless the net has two outputs and ends in softmax.
    Pipeline(const std::shared_ptr<const Model>&, const std::string& model_name, const PipelineOptions&,
             Callbacks);
    /// Does not finish what it holds.
    ~Pipeline();

    void add(Photo);
    /// Drops the photos of a session. One that is in work may still be answered.
    void forget(std::uint64_t session);

    const std::string& device() const;  ///< "cpu, 2 threads"
    /// Photos that keep all its threads busy: two batches and one more for each decoder.
    int appetite() const;

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace emulsion::serve
