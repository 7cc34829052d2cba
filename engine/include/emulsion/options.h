// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulsion/log.h"
#include "kernels/accelerator.h"

namespace emulsion {

class Trace;

/// A device by kind and number, written "cpu", "cuda:1", "emulated".
struct DeviceId {
    kernels::DeviceKind kind = kernels::DeviceKind::cpu;
    int index = 0;

    static DeviceId parse(const std::string& text);  ///< Error(usage) if it is none of these
    std::string name() const;
    bool operator==(const DeviceId&) const = default;
};

/// Who chooses among the implementations of each operation.
enum class Tuning {
    off,     ///< the order of the lists
    cached,  ///< what was measured before, from Options::tuning_file; else the order of the lists
    measure  ///< likewise, but what is not in the file is measured now (seconds to minutes) and kept there
};

/// What a session or trainer is built with. All of it is fixed at construction.
struct Options {
    DeviceId device;
    int threads = 0;  ///< 0: as many as the process may use
    int batch = 1;    ///< photos a run; memory and plans are made for exactly this many
    /// Of products: convolutions and fully connected layers. Where nothing on the device multiplies one of
    /// them so, it is done in fp32 with a warning; where it multiplies none of them so, that is
    /// Error(device).
    kernels::Precision precision = kernels::Precision::fp32;
    /// Forced implementations: operation ("conv_forward"), or "*" for all, to folder ("eigen") or to one way
    /// of a folder ("onednn:winograd").
    std::map<std::string, std::string> implementations;
    /// Batch-invariant sessions are never tuned: one choice for all batch sizes is their point.
    Tuning tuning = Tuning::cached;
    std::string tuning_file;        ///< empty: none is read or kept
    bool strict = false;            ///< a forced implementation that cannot serve is an error
    bool fuse = true;               ///< allow the rewrites that Program::rewrites() lists
    bool batch_invariant = false;   ///< a photo's result does not depend on its batch, to the bit
    bool hold_all = false;          ///< keep every value that the rewrites leave readable after a run
    std::vector<std::string> hold;  ///< values to keep readable; no rewrite takes these away
    std::uint64_t seed = 1;         ///< dropout
    Log log;
    /// Where spans of all that is done are recorded; null: nowhere. With one, steps run one by one as under
    /// profile(). Devices other than the CPU are waited for after each step and copy, so nothing overlaps.
    std::shared_ptr<Trace> trace;
};

/// Error(device), with the reason, unless the device is there. Answers what it is, where it is not the CPU.
std::optional<kernels::AcceleratorInfo> require_device(const DeviceId&);

/// Opens NVIDIA's "cudnn" or "cublas" from a file, or from the folder that it is in, for all sessions of this
/// process; to be called before the first of them runs on a GPU. Without it the library is looked for where
/// the system keeps such, when it is first needed. Error(usage): there is no such library; Error(device),
/// with the reason: nothing lies there, what does cannot be used, or this program was built without it.
void use_library(const std::string& name, const std::string& path);

/// Threads the process may use (its CPU affinity mask).
int available_threads();

}  // namespace emulsion
