// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The emulated device as tests and hosts see it: what it is like, and its memory. As with CUDA, the device
// is one for the whole process.
#pragma once

#include <cstddef>
#include <cstdint>

namespace emulsion::kernels::emulated {

/// Whose turn it is where several threads of a block, or several blocks, could go on.
enum class Order { forward, reverse, random };

/// Not to be changed while a kernel runs.
struct Settings {
    Order order = Order::forward;
    std::uint64_t seed = 1;               ///< of Order::random
    std::size_t shared_bytes = 48 << 10;  ///< shared memory a block may use, as on every GPU since 2010
};

Settings& settings();

}  // namespace emulsion::kernels::emulated
