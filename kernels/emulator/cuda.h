// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// CUDA's language for a C++17 compiler: with this header a kernel is a plain function, which launch() runs
// once for each thread of a grid. The other side of kernels/cuda/portable.cuh; docs/emulator.md tells how it
// works and what it proves.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>

#include "kernels/emulator/functions.h"
#include "kernels/emulator/grid.h"
#include "kernels/emulator/mutants.h"
#include "kernels/emulator/vectors.h"
#include "kernels/emulator/warp.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)

#define threadIdx (::emulsion::kernels::emulated::thread_index())
#define blockIdx (::emulsion::kernels::emulated::block_index())
#define blockDim (::emulsion::kernels::emulated::block_extent())
#define gridDim (::emulsion::kernels::emulated::grid_extent())

// NOLINTBEGIN(bugprone-macro-parentheses): types, and names to declare, take none
#define EMULSION_SHARED(name, ...)                                              \
    using name##_type = __VA_ARGS__;                                            \
    static const ::emulsion::kernels::emulated::SharedArray name##_declaration{ \
        #name, sizeof(name##_type), {__FILE__, __LINE__}};                      \
    name##_type& name =                                                         \
        *static_cast<name##_type*>(::emulsion::kernels::emulated::shared_array(name##_declaration))
#define EMULSION_DYNAMIC_SHARED(type, name) \
    type* const name = static_cast<type*>(::emulsion::kernels::emulated::dynamic_shared_memory())
// NOLINTEND(bugprone-macro-parentheses)
#define EMULSION_UNROLL _Pragma("GCC unroll 64")
#define EMULSION_MATRIX_INSTRUCTIONS "kernels/emulator/mma.h"

namespace emulsion::kernels::emulated {

template <class Index, class Extent>
bool in_bounds(Index i, Extent n, Place place = {__builtin_FILE(), __builtin_LINE()}) {
    if constexpr (EMULSION_MUTANTS != 0) return i < n || taken_away(place);
    return i < n;
}

/// Runs the grid, on the queue's team of threads; returns when it has ended. Throws LaunchError, which names
/// the kernel, the thread and the place, if the kernel is at fault or CUDA would refuse the launch.
template <class... Parameters, class... Arguments>
void launch(const Launch& what, const Queue& queue, void (*kernel)(Parameters...), Arguments&&... arguments) {
    static_assert((std::is_trivially_copyable_v<Parameters> && ...), "arguments are copied as bytes");
    struct Bound {
        void (*kernel)(Parameters...);
        std::tuple<std::decay_t<Parameters>...> arguments;
    };
    const Bound bound{kernel, {static_cast<Parameters>(arguments)...}};
    const Call call{[](const void* opaque) {
                        const auto& self = *static_cast<const Bound*>(opaque);
                        std::apply(self.kernel, self.arguments);
                    },
                    &bound, sizeof bound};
    run_grid(what, queue, call);
}

}  // namespace emulsion::kernels::emulated
