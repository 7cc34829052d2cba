// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The whole program is compiled for x86-64-v3 (AVX2 and FMA). On an older CPU it would die of an illegal
// instruction; this file, compiled for any x86-64, runs before all else and says so instead.
#include <unistd.h>

#include <cstddef>

namespace {

[[gnu::constructor(101)]] void require_cpu() {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return;
    constexpr char message[] =
        "emulsion: this CPU lacks AVX2 and FMA (x86-64-v3); it cannot run this program\n";
    [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
    _exit(3);
}

}  // namespace
