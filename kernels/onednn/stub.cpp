// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Stands in for kernels/onednn where it was not built.
#include "kernels/kernels.h"

namespace emulsion::kernels {

void append_onednn(OpKind, std::vector<Implementation>&) {}

std::unique_ptr<Threads> fast_cpu_threads(int) {
    return nullptr;
}

Component onednn_component() {
    return {"oneDNN", "not built in", false};
}

}  // namespace emulsion::kernels
