// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A profiler in miniature: the library that NVTX loads by NVTX_INJECTION64_PATH, as Nsight's. It notes
// ranges, "outer" and "outer/inner", until the test asks for them.
#include <nvtx3/nvToolsExt.h>

#include <string>
#include <vector>

namespace {

std::vector<std::string> open_ranges;
std::string told;

int push(const char* name) {
    open_ranges.push_back(open_ranges.empty() ? name : open_ranges.back() + "/" + name);
    told += open_ranges.back() + "\n";
    return static_cast<int>(open_ranges.size()) - 1;
}

int pop() {
    if (open_ranges.empty()) {
        told += "a range too many was closed\n";
        return -1;
    }
    open_ranges.pop_back();
    return static_cast<int>(open_ranges.size());
}

}  // namespace

extern "C" {

/// What was told since the last call, one range a line; then those that are still open.
const char* take_ranges() {
    static std::string answer;
    answer.swap(told);
    told.clear();
    for (const std::string& range : open_ranges) answer += "still open: " + range + "\n";
    return answer.c_str();
}

int InitializeInjectionNvtx2(NvtxGetExportTableFunc_t table_of) {
    const auto* callbacks = static_cast<const NvtxExportTableCallbacks*>(table_of(NVTX_ETID_CALLBACKS));
    NvtxFunctionTable table = nullptr;
    unsigned size = 0;
    if (callbacks == nullptr || callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE, &table, &size) == 0 ||
        size <= NVTX_CBID_CORE_RangePop)
        return 0;
    *table[NVTX_CBID_CORE_RangePushA] = reinterpret_cast<NvtxFunctionPointer>(push);
    *table[NVTX_CBID_CORE_RangePop] = reinterpret_cast<NvtxFunctionPointer>(pop);
    return 1;
}

}  // extern "C"
