// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Where bench_net gets its photos from.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "emulsion/model.h"
#include "emulsion/program.h"
#include "emulsion/trainer.h"

namespace emulsion::bench {

/// Batches without end.
class PhotoSource {
   public:
    virtual ~PhotoSource() = default;
    virtual Batch next() = 0;  ///< whole, with labels; valid until the following call
    /// Batches that may lie ready before anyone asks: they say nothing of the source's pace.
    virtual int ready() const { return 0; }
};

/// What a source is to serve.
struct Demand {
    const NetDef* net = nullptr;
    int classes = 1, batch = 1, threads = 1;
    Mode mode = Mode::inference;
    kernels::DeviceKind device = kernels::DeviceKind::cpu;
};

struct SourceKind {
    std::string name;                       ///< "prepared", "files"
    int (*compute_threads)(const Demand&);  ///< of the threads, those that are left for the net
    std::unique_ptr<PhotoSource> (*open)(const Demand&);
};

/// Noise, already of the net's size: the net alone is timed.
SourceKind prepared_photos();

/// All there are. Where data/ was not built, prepared ones alone.
std::vector<SourceKind> photo_sources();

}  // namespace emulsion::bench
