// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <mutex>

#include "emulsion/model.h"
#include "engine/net.h"

namespace emulsion {

/// A model's weights as devices hold them, shared by all sessions of the model on a device. What is handed
/// out is complete: sessions have streams of their own, which do not wait for one another.
class Model::PackedCache {
   public:
    /// Plain weights, one pointer a parameter: the model's own memory where the device reads it, else a copy
    /// that the first session to ask uploads.
    std::vector<const float*> weights(Device&, const Model&);
    std::shared_ptr<Memory> get(Device&, const Packed&, const float* weights, void* workspace);
    /// What the device holds of this model.
    std::size_t bytes(const DeviceId&) const;

   private:
    struct Held {
        DeviceId device;
        std::shared_ptr<Memory> weights;
        PackedWeights packed;
    };
    Held& held_by(const DeviceId&);

    mutable std::mutex mutex_;
    std::list<Held> held_;
};

}  // namespace emulsion
