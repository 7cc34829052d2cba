// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include "emulsion/model.h"
#include "engine/net.h"

namespace emulsion {

/// The packed weights that all sessions of a model share.
class Model::PackedCache {
   public:
    std::shared_ptr<Memory> get(Device&, const Packed&, const float* weights, void* workspace);

   private:
    std::mutex mutex_;
    PackedWeights packed_;
};

}  // namespace emulsion
