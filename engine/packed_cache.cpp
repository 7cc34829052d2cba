// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/packed_cache.h"

#include "engine/compiled.h"

namespace emulsion {

Model::PackedCache::Held& Model::PackedCache::held_by(const DeviceId& device) {
    for (Held& each : held_)
        if (each.device == device) return each;
    held_.push_back({device, nullptr, {}});
    return held_.back();
}

std::vector<const float*> Model::PackedCache::weights(Device& device, const Model& model) {
    const std::size_t count = model.parameters().size();
    std::vector<const float*> pointers(count);
    if (device.reads_host_memory()) {
        for (std::size_t i = 0; i < count; ++i) pointers[i] = model.weights(i).data();
        return pointers;
    }
    const std::lock_guard lock(mutex_);
    Held& held = held_by(device.id());
    const FlatLayout flat = flat_layout(model.parameters());
    const auto offset = [&](std::size_t i) {
        return static_cast<std::size_t>(flat.offsets[i]) * sizeof(float);
    };
    if (!held.weights) {
        auto memory = device.allocate(static_cast<std::size_t>(flat.count) * sizeof(float));
        for (std::size_t i = 0; i < count; ++i)
            device.copy_in(memory->at(offset(i)), model.weights(i).data(), model.weights(i).size_bytes());
        device.synchronise();
        held.weights = std::move(memory);
    }
    for (std::size_t i = 0; i < count; ++i)
        pointers[i] = reinterpret_cast<const float*>(held.weights->at(offset(i)));
    return pointers;
}

std::shared_ptr<Memory> Model::PackedCache::get(Device& device, const Packed& packed, const float* weights,
                                                void* workspace) {
    const std::lock_guard lock(mutex_);
    auto memory = held_by(device.id()).packed.get(device, packed, weights, workspace);
    device.synchronise();
    return memory;
}

std::size_t Model::PackedCache::bytes(const DeviceId& device) const {
    const std::lock_guard lock(mutex_);
    for (const Held& each : held_)
        if (each.device == device) return each.packed.bytes() + (each.weights ? each.weights->bytes : 0);
    return 0;
}

}  // namespace emulsion
