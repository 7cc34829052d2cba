// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The emulated device as tests and hosts see it: what it is like, and its memory. As with CUDA, the device
// is one for the whole process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace emulsion::kernels::emulated {

/// Whose turn it is where several threads of a block, or several blocks, could go on.
enum class Order { forward, reverse, random };

/// Not to be changed while a kernel runs.
struct Settings {
    Order order = Order::forward;
    std::uint64_t seed = 1;                     ///< of Order::random
    std::size_t shared_bytes = 48 << 10;        ///< shared memory a block may use, as on every GPU since 2010
    std::size_t memory = std::size_t{8} << 30;  ///< bytes that the device has for allocate()
};

Settings& settings();

/// What allocate() fills memory with.
enum class Content { zero, poison };
constexpr std::byte poison{0xFF};  ///< NaN as f32, bf16 and f64, -1 as an integer

/// Device memory aligned to 256 bytes and to no more, between fences. Null if the device has not that much
/// left.
void* allocate(std::size_t bytes, Content = Content::zero);
void release(void*) noexcept;  ///< null is fine
std::size_t free_bytes();

/// Whether the fences of one buffer are whole.
bool fences_stand(const void* buffer);
/// The buffers whose fences were written over, those released since the last call included: "beyond the end
/// of a buffer of 400 bytes"; "" if none. AddressSanitizer and the access log do not wait for this; they stop
/// the kernel at the line that does it.
std::string memory_damage();

/// Whether every access of a kernel is logged in this build (docs/emulator.md).
bool logs_accesses();

}  // namespace emulsion::kernels::emulated
