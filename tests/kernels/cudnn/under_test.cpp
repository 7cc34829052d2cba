// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/under_test.h"

#include <map>
#include <string>

namespace emulsion::kernels {
namespace emulated {
void append_cudnn(OpKind, std::vector<Implementation>&);
}

namespace tests {
namespace {

/// The entries that pick and those of one layout. The others differ in the engine alone (calls_test.cpp); by
/// transforms the stand-in makes its numbers so bad that the tables would not take them.
std::vector<Implementation> entries(OpKind kind) {
    std::vector<Implementation> list;
    emulated::append_cudnn(kind, list);
    std::erase_if(list, [](const Implementation& each) {
        const std::string way = each.way;
        return !way.empty() && way != "nchw" && way != "nhwc";
    });
    return list;
}

}  // namespace

const std::vector<Implementation>& under_test(OpKind kind) {
    static std::map<OpKind, std::vector<Implementation>> lists;
    const auto found = lists.find(kind);
    return found != lists.end() ? found->second : lists.emplace(kind, entries(kind)).first->second;
}

}  // namespace tests
}  // namespace emulsion::kernels
