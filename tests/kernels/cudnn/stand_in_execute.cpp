// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Execution: the pointers are minded, then the graph is evaluated at once, in host memory.
#include <algorithm>
#include <map>

#include "tests/kernels/cudnn/stand_in_evaluate.h"

namespace emulsion::stand_in {
namespace {

constexpr std::int64_t workspace_alignment = 16;

bool aligned(const void* pointer, std::int64_t to) {
    return reinterpret_cast<std::uintptr_t>(pointer) % static_cast<std::uintptr_t>(to) == 0;
}

struct Block {
    std::string name;
    const std::byte* begin;
    std::size_t bytes;
};

/// The memory of one call: tensors by their ids, and the workspace.
struct Memory {
    std::map<std::int64_t, void*> tensors;
    void* workspace = nullptr;
};

Memory memory_of(const Descriptor& pack) {
    Memory memory;
    const auto ids = pack.all<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
    const auto pointers = pack.all<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
    for (std::size_t i = 0; i < ids.size(); ++i) memory.tensors[ids[i]] = pointers[i];
    memory.workspace = pack.one_or<void*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, nullptr);
    return memory;
}

/// Results and the workspace may not lie on anything else.
void check_apart(const std::vector<Block>& written, const std::vector<Block>& all) {
    for (const Block& a : written)
        for (const Block& b : all)
            require(a.name == b.name || a.begin + a.bytes <= b.begin || b.begin + b.bytes <= a.begin,
                    a.name + " lies on " + b.name);
}

void check_memory(const std::vector<Operation>& operations, const Memory& memory, std::int64_t workspace) {
    std::vector<Block> all, written;
    std::size_t known = 0;
    for (const Tensor& t : tensors_of(operations)) {
        const auto found = memory.tensors.find(t.id);
        const std::string what = "tensor " + std::to_string(t.id);
        if (t.is_virtual) {
            require(found == memory.tensors.end(), what + " is virtual and has a pointer");
            continue;
        }
        require(found != memory.tensors.end(), CUDNN_STATUS_BAD_PARAM_NULL_POINTER, what + " has no pointer");
        require(aligned(found->second, t.alignment), CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER,
                what + " is not aligned to " + std::to_string(t.alignment));
        ++known;
        all.push_back({what, static_cast<std::byte*>(found->second), t.extent()});
        if (std::any_of(operations.begin(), operations.end(),
                        [&](const Operation& o) { return o.result().id == t.id; }))
            written.push_back(all.back());
    }
    require(known == memory.tensors.size(), "a pointer for an id that the graph lacks");
    if (workspace != 0) {
        require(memory.workspace != nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER,
                "no workspace, where " + std::to_string(workspace) + " bytes are needed");
        require(aligned(memory.workspace, workspace_alignment), CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER,
                "the workspace is not aligned");
        all.push_back(
            {"workspace", static_cast<std::byte*>(memory.workspace), static_cast<std::size_t>(workspace)});
        written.push_back(all.back());
    }
    check_apart(written, all);
}

Arithmetic arithmetic_of(const kernels::tests::StandInEngine& engine) {
    static std::uint64_t runs = 0;
    const auto noted = [&](cudnnBackendNumericalNote_t note) { return (engine.notes >> note & 1U) != 0; };
    return {noted(CUDNN_NUMERICAL_NOTE_TENSOR_CORE), engine.noise,
            noted(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC) ? ++runs : 0};
}

void run(const std::vector<Operation>& operations, const Memory& memory, const Arithmetic& how) {
    std::map<std::int64_t, Cells> inner;
    for (const Operation& o : operations) {
        std::vector<Cells> sources;
        for (const Tensor& t : o.sources())
            sources.push_back(t.is_virtual ? inner.at(t.id) : load(t, memory.tensors.at(t.id)));
        const Tensor& result = o.result();
        const Cells before = o.beta == 0 ? Cells() : load(result, memory.tensors.at(result.id));
        Cells cells = evaluate(o, sources, before, how);
        if (!result.is_virtual) {
            store(result, cells, memory.tensors.at(result.id));
            continue;
        }
        for (double& cell : cells) cell = rounded(cell, result.type);
        inner[result.id] = std::move(cells);
    }
}

std::string line(const std::vector<Operation>& operations, const Memory& memory,
                 const kernels::tests::StandInEngine& engine, const std::string& stream) {
    std::string text = "execute";
    for (const Operation& o : operations) text += " " + in_words(o) + ";";
    text += " ids";
    for (const auto& [id, pointer] : memory.tensors) text += " " + std::to_string(id);
    return text + "; workspace " + std::to_string(engine.workspace) + "; engine " +
           std::to_string(engine.index) + " notes " + std::to_string(engine.notes) + "; stream " + stream;
}

void execute(cudnnHandle_t handle, const Descriptor& plan, const Descriptor& pack) {
    check_handle(handle);
    require(plan.type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE,
            "no execution plan");
    require(pack.type == CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE,
            "no variant pack");
    require(plan.finalized && pack.finalized, CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED,
            "plan and pack are to be finalized");
    const Descriptor& engine =
        plan.child(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG).child(CUDNN_ATTR_ENGINECFG_ENGINE);
    const auto& which = engine.engines.front();
    const auto operations = operations_of(engine.child(CUDNN_ATTR_ENGINE_OPERATION_GRAPH));
    const Memory memory = memory_of(pack);
    check_memory(operations, memory, which.workspace);
    log(line(operations, memory, which, stream_of(handle)));
    // What lies in a workspace is lost; one that is too small damages what lies behind it.
    if (which.workspace != 0) std::memset(memory.workspace, 0xFF, static_cast<std::size_t>(which.workspace));
    run(operations, memory, arithmetic_of(which));
}

}  // namespace
}  // namespace emulsion::stand_in

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
                                  cudnnBackendDescriptor_t pack) {
    using namespace emulsion::stand_in;
    return answer("cudnnBackendExecute",
                  [&] { execute(handle, *find_descriptor(plan), *find_descriptor(pack)); });
}
