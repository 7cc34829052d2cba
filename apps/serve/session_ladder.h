// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Sessions for batches of 1, 2, 4 ... photos. A session computes the whole of its batch however few photos
// are in it, so a single photo goes through the smallest. Weights are the model's, and shared.
#pragma once

#include <emulsion/model.h>
#include <emulsion/session.h>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace emulsion::serve {

class SessionLadder {
   public:
    /// Up to options.batch. Throws what Session does.
    SessionLadder(const std::shared_ptr<const Model>&, Options);

    /// As Session::run, by the smallest session that holds so many.
    std::span<const float> run(std::span<const std::uint8_t> photos, int count);

    int batch() const { return sessions_.back().batch(); }
    int outputs() const { return sessions_.back().outputs(); }
    const std::string& device() const { return device_; }  ///< "cpu, 2 threads"

   private:
    std::vector<Session> sessions_;  ///< by batch
    std::string device_;
};

}  // namespace emulsion::serve
