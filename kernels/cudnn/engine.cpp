// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/engine.h"

#include <algorithm>
#include <exception>
#include <set>

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {
namespace {

using Notes = std::set<cudnnBackendNumericalNote_t>;

Notes notes_of(const BackendDescriptor& engine) {
    std::vector<cudnnBackendNumericalNote_t> notes(CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
    const std::int64_t count = engine.get(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                                          static_cast<std::int64_t>(notes.size()), notes.data());
    return {notes.begin(), notes.begin() + std::min<std::int64_t>(count, CUDNN_NUMERICAL_NOTE_TYPE_COUNT)};
}

bool allows(const Demands& demands, const Notes& notes) {
    const auto has = [&](cudnnBackendNumericalNote_t note) { return notes.count(note) != 0; };
    if (has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) return false;
    if (has(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS)) return false;
    if (has(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION)) return false;
    // On fp32 a tensor core multiplies in TF32.
    if (demands.precision == Precision::fp32 && has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE)) return false;
    const bool transformed = has(CUDNN_NUMERICAL_NOTE_WINOGRAD) || has(CUDNN_NUMERICAL_NOTE_FFT);
    return transformed == demands.transformed;
}

std::string name_of(const BackendDescriptor& engine, const BackendDescriptor& settings) {
    std::int64_t index = -1;
    engine.get(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &index);
    std::string knobs;
    for (const BackendDescriptor& choice :
         settings.list(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR,
                       CUDNN_KNOB_TYPE_COUNTS)) {
        cudnnBackendKnobType_t type{};
        std::int64_t value = 0;
        choice.get(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, 1, &type);
        choice.get(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, CUDNN_TYPE_INT64, 1, &value);
        knobs += (knobs.empty() ? "" : " ") + std::to_string(type) + "=" + std::to_string(value);
    }
    return "engine " + std::to_string(index) + (knobs.empty() ? "" : " (" + knobs + ")");
}

/// What the heuristics of a mode name; nothing where cuDNN supports no such graph.
std::vector<BackendDescriptor> named(const BackendDescriptor& graph, const Target& target,
                                     cudnnBackendHeurMode_t mode) {
    try {
        BackendDescriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
        heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph)
            .set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
        if (target.card != nullptr) heuristics.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *target.card);
        heuristics.finalize();
        return heuristics.list(
            CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR,
            heuristics.count(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR));
    } catch (const Refusal&) {
        return {};
    }
}

/// The engine with its settings as a plan, if it can run and takes no more workspace than allowed. The
/// heuristics go by rules of thumb: that an engine can run is known when its plan is complete.
std::optional<Engine> planned(const BackendDescriptor& settings, const Target& target,
                              const Demands& demands) {
    try {
        Engine engine;
        engine.plan = BackendDescriptor(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
        if (target.card != nullptr)
            engine.plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *target.card);
        else
            engine.plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &target.handle);
        engine.plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, settings).finalize();
        std::int64_t bytes = 0;
        engine.plan.get(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &bytes);
        engine.workspace_bytes = static_cast<std::size_t>(bytes);
        if (target.handle != nullptr) engine.maker = shared_handle();
        if (engine.workspace_bytes <= demands.workspace_bytes) return engine;
    } catch (const Refusal&) {
        // the next one may
    }
    return std::nullopt;
}

}  // namespace

std::optional<Engine> choose_engine(const Graph& graph, const Target& target, const Demands& demands,
                                    int rank) {
    BackendDescriptor whole = graph.whole(target.handle);
    std::exception_ptr failure;
    std::set<std::string> seen;  // both modes may name an engine, and one mode name it twice
    for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK})
        for (BackendDescriptor& settings : named(whole, target, mode)) {
            const BackendDescriptor it =
                settings.get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
            if (!allows(demands, notes_of(it))) continue;
            const std::string name = name_of(it, settings);
            if (!seen.insert(name).second) continue;
            std::optional<Engine> engine;
            try {
                engine = planned(settings, target, demands);
            } catch (const KernelError&) {
                // It may be this engine's trouble alone, a compiler that it wants and that is not here.
                if (!failure) failure = std::current_exception();
            }
            if (!engine || rank-- > 0) continue;
            engine->name = name;
            engine->graph = std::move(whole);
            engine->settings = std::move(settings);
            return engine;
        }
    if (failure) std::rethrow_exception(failure);
    return std::nullopt;
}

void execute(cudnnHandle_t handle, const Engine& engine,
             std::initializer_list<std::pair<Operand, const void*>> tensors, void* workspace) {
    std::vector<std::int64_t> ids;
    std::vector<const void*> addresses;
    for (const auto& [operand, address] : tensors) {
        ids.push_back(id_of(operand));
        addresses.push_back(address);
    }
    const auto count = static_cast<std::int64_t>(ids.size());
    BackendDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, count, ids.data())
        .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, count, addresses.data())
        .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace)
        .finalize();
    check(api().BackendExecute(handle, engine.plan.raw(), pack.raw()), "cudnnBackendExecute");
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
