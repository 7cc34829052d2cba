// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Which cards there are, and whether this build can use them.
#pragma once

#include <cuda_runtime_api.h>

#include <string>

#include "kernels/accelerator.h"

namespace emulsion::kernels::cuda {

/// How many cards the driver shows. Where there is none, or no driver that would do, `why_none` says so.
int count_cards(std::string& why_none);

/// Makes card `index` the thread's current one and describes it. Throws NoDevice where kernels of this build
/// cannot run on it.
AcceleratorInfo open_card(int index);

/// "13.0", as the runtime counts versions (13000).
std::string version_text(int version);

/// Why cudaGetDeviceCount gave no card but `error`, in plain words. `driver` and `runtime` are their CUDA
/// versions, 0 for a driver that is not there; `visible` is CUDA_VISIBLE_DEVICES, or null.
std::string why_no_card(cudaError_t error, int driver, int runtime, const char* visible);

}  // namespace emulsion::kernels::cuda
