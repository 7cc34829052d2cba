// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/session_ladder.h"

#include <algorithm>
#include <utility>

#include "engine/device.h"

namespace emulsion::serve {

SessionLadder::SessionLadder(const std::shared_ptr<const Model>& model, Options options) {
    std::vector<int> batches = {options.batch};
    for (int batch = 1; batch < options.batch; batch *= 2) batches.push_back(batch);
    std::ranges::sort(batches);
    for (const int batch : batches) {
        Options own = options;
        own.batch = batch;
        if (batch != options.batch) own.log = nullptr;  // all have the same to say
        std::unique_ptr<Device> device = open_device(own.device, own.threads);
        device_ = device->description();
        sessions_.emplace_back(model, own, std::move(device));
    }
}

std::span<const float> SessionLadder::run(std::span<const std::uint8_t> photos, int count) {
    const auto enough = std::ranges::find_if(sessions_, [&](Session& each) { return each.batch() >= count; });
    return enough->run(photos, count);
}

}  // namespace emulsion::serve
