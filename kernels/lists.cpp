// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What was built in. A file of its own, so that a test program can link other lists in its place.
#include "kernels/kernels.h"

namespace emulsion::kernels {

const std::vector<Implementation>& implementations(OpKind kind) {
    static const auto lists = [] {
        std::array<std::vector<Implementation>, op_kind_count> all;
        for (int i = 0; i < op_kind_count; ++i) {
            const auto each = static_cast<OpKind>(i);
            auto& list = all[static_cast<std::size_t>(i)];
            cuda::append(each, list);
            cuda::append_cublas(each, list);
            cuda::append_cudnn(each, list);
            emulated::append(each, list);
            append_onednn(each, list);
            append_eigen(each, list);
        }
        return all;
    }();
    return lists[static_cast<std::size_t>(kind)];
}

std::vector<Component> components() {
    return {onednn_component(), eigen_component(), cudnn_component(), cublas_component()};
}

}  // namespace emulsion::kernels
