// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the plans of this folder share. A plan P is a class derived from Plan with
//     static std::unique_ptr<P> make(const Operation&, const Limits&, const Way&)
// which answers null where cuDNN, or the limits, do not allow it.
#pragma once

#include "kernels/cuda/plan.h"
#include "kernels/cudnn/engine.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {

/// A way to run an operation, for those with several.
struct Way {
    enum class Lie : std::uint8_t { any, nchw, nhwc } lie = Lie::any;
    int rank = 0;              ///< the place of the engine in the heuristics' order
    bool transformed = false;  ///< by Winograd or Fourier
};

/// The card that is current, for plans that will run on it.
inline Target current_target() {
    return {handle(), nullptr};
}

/// This thread's handle, on the stream.
inline cudnnHandle_t handle_on(const Stream& stream) {
    const cudnnHandle_t current = handle();
    check(api().SetStream(current, static_cast<cudaStream_t>(stream.native)), "cudnnSetStream");
    return current;
}

/// Sizes of parts of a workspace are rounded up to this, to which all are aligned then.
constexpr std::size_t aligned(std::size_t bytes) {
    return (bytes + 63) / 64 * 64;
}
inline void* advanced(void* workspace, std::size_t bytes) {
    return static_cast<std::byte*>(workspace) + bytes;
}

template <class P, Way way>
bool supports(const Operation& op, const Limits& limits) {
    if (limits.batch_invariant || !is_here()) return false;
    try {
        return P::make(op, limits, way) != nullptr;
    } catch (const Refusal&) {
        return false;
    } catch (const KernelError&) {
        return true;  // cuDNN failed: plan() fails in the same way, and says how
    }
}

template <class P, Way way>
std::unique_ptr<Plan> plan(const Operation& op, const Limits& limits) {
    auto made = P::make(op, limits, way);
    if (!made) throw KernelError("cuDNN cannot run " + describe(op));
    return made;
}

template <class P, Way way = Way{}>
Implementation implementation(const char* name = "") {
    return {"cudnn", DeviceKind::EMULSION_CUDA_DEVICE, supports<P, way>, plan<P, way>, name};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
