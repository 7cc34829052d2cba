// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The lists of this program, in place of kernels/lists.cpp: NVIDIA's folders for the emulator's memory, over
// stand-ins for the libraries.
#include "kernels/kernels.h"
#include "kernels/library.h"

namespace emulsion::kernels {
namespace emulated {
void append_cublas(OpKind, std::vector<Implementation>&);
void append_cudnn(OpKind, std::vector<Implementation>&);
}  // namespace emulated

namespace {

/// Said before main: whoever opens the libraries in this program opens the stand-ins.
const bool said = [] {
    set_library_path("cublas", EMULSION_STAND_IN_CUBLAS);
    set_library_path("cudnn", EMULSION_STAND_IN_CUDNN);
    return true;
}();

}  // namespace

const std::vector<Implementation>& implementations(OpKind kind) {
    static const auto lists = [] {
        std::array<std::vector<Implementation>, op_kind_count> all;
        for (int i = 0; i < op_kind_count; ++i) {
            const auto each = static_cast<OpKind>(i);
            auto& list = all[static_cast<std::size_t>(i)];
            emulated::append(each, list);
            emulated::append_cublas(each, list);
            emulated::append_cudnn(each, list);
            append_eigen(each, list);
        }
        return all;
    }();
    return lists[static_cast<std::size_t>(kind)];
}

std::vector<Component> components() {
    return {eigen_component()};
}

}  // namespace emulsion::kernels
