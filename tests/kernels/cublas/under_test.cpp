// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/under_test.h"

#include <array>

namespace emulsion::kernels {

namespace emulated {
void append_cublas(OpKind, std::vector<Implementation>&);
}

namespace tests {

const std::vector<Implementation>& under_test(OpKind kind) {
    static const auto all = [] {
        std::array<std::vector<Implementation>, op_kind_count> lists;
        for (int i = 0; i < op_kind_count; ++i)
            emulated::append_cublas(static_cast<OpKind>(i), lists[static_cast<std::size_t>(i)]);
        return lists;
    }();
    return all[static_cast<std::size_t>(kind)];
}

}  // namespace tests
}  // namespace emulsion::kernels
