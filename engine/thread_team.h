// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "kernels/kernels.h"

namespace emulsion {

/// A team of `count` threads, the caller among them, that sleep between calls. Used where the fast CPU
/// folder, which brings the team of its own runtime, was not built.
std::unique_ptr<kernels::Threads> make_thread_team(int count);

}  // namespace emulsion
