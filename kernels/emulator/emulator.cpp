// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/emulator/emulator.h"

namespace emulsion::kernels::emulated {

Settings& settings() {
    static Settings of_the_process;
    return of_the_process;
}

}  // namespace emulsion::kernels::emulated
