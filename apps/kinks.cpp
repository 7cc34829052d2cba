// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/kinks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>

namespace emulsion::apps {
namespace {

using kernels::Pool;

/// What one of the two made of one photo.
using Values = std::span<const float>;

bool same_sides_of_zero(Values a, Values b) {
    return std::equal(a.begin(), a.end(), b.begin(), [](float x, float y) { return (x > 0) == (y > 0); });
}

// The cell that wins the window of output (y, x) of a plane; -1 if the window lies outside the image.
std::int64_t winner(const Pool& p, const float* plane, std::int64_t y, std::int64_t x) {
    const std::int64_t top = y * p.stride_h - p.pad_h, left = x * p.stride_w - p.pad_w;
    std::int64_t best = -1;
    for (std::int64_t row = std::max<std::int64_t>(top, 0); row < std::min(top + p.kernel_h, p.src.h);
         ++row) {
        for (std::int64_t col = std::max<std::int64_t>(left, 0); col < std::min(left + p.kernel_w, p.src.w);
             ++col) {
            const std::int64_t cell = row * p.src.w + col;
            if (best < 0 || plane[cell] > plane[best]) best = cell;
        }
    }
    return best;
}

bool same_winners(const Pool& p, Values a, Values b) {
    for (std::int64_t c = 0; c < p.src.c; ++c) {
        const float* plane_a = a.data() + c * p.src.h * p.src.w;
        const float* plane_b = b.data() + c * p.src.h * p.src.w;
        for (std::int64_t y = 0; y < p.dst.h; ++y) {
            for (std::int64_t x = 0; x < p.dst.w; ++x) {
                if (winner(p, plane_a, y, x) != winner(p, plane_b, y, x)) return false;
            }
        }
    }
    return true;
}

template <class Same>
void mark(std::vector<bool>& parted, const std::vector<float>& a, const std::vector<float>& b, Same&& same) {
    const std::size_t each = a.size() / parted.size();
    for (std::size_t i = 0; i < parted.size(); ++i) {
        if (!same(Values(a).subspan(i * each, each), Values(b).subspan(i * each, each))) parted[i] = true;
    }
}

// The descriptors of the net's max poolings, by layer.
std::map<std::string, Pool> max_pools(const Program& program) {
    std::map<std::string, Pool> pools;
    for (const StepInfo& step : program.steps()) {
        if (step.operation.kind != OpKind::pool_forward) continue;
        const Pool& pool = step.operation.as<Pool>();
        if (pool.mode == Pool::Mode::maximum) pools.emplace(step.layer, pool);
    }
    return pools;
}

}  // namespace

std::vector<bool> parted_at_kinks(const Trainer& a, const Trainer& b, int batch) {
    std::vector<bool> parted(static_cast<std::size_t>(batch));
    const std::vector<std::string> names = a.readable();
    const std::set<std::string> readable(names.begin(), names.end());
    const std::map<std::string, Pool> pools = max_pools(a.program());
    for (const LayerDef& layer : a.net().layers) {
        if (layer.type == "relu" && readable.count(layer.outputs[0]) != 0) {
            mark(parted, a.value(layer.outputs[0]), b.value(layer.outputs[0]), same_sides_of_zero);
        }
        const auto pool = pools.find(layer.name);
        if (pool != pools.end() && readable.count(layer.inputs[0]) != 0) {
            mark(parted, a.value(layer.inputs[0]), b.value(layer.inputs[0]),
                 [&](Values x, Values y) { return same_winners(pool->second, x, y); });
        }
    }
    return parted;
}

}  // namespace emulsion::apps
