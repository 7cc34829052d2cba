// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Heuristics: which engines are named for a graph, and what is told of them. As the real library (9.19,
// planning for an H100): engines on tensor cores first, which in float multiply in TF32, then plain ones;
// fewer in the fallback. Results are handed out once, and the number told beforehand is too large.
#include <algorithm>

#include "tests/kernels/cudnn/stand_in_graph.h"

namespace emulsion::stand_in {
namespace {

using kernels::tests::StandInEngine;

constexpr unsigned note(cudnnBackendNumericalNote_t which) {
    return 1U << static_cast<unsigned>(which);
}
constexpr unsigned tensor_core = note(CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
constexpr unsigned not_deterministic = note(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC);
constexpr unsigned winograd = note(CUDNN_NUMERICAL_NOTE_WINOGRAD);
constexpr unsigned fourier = note(CUDNN_NUMERICAL_NOTE_FFT);
constexpr unsigned strict = note(CUDNN_NUMERICAL_NOTE_STRICT_NAN_PROP);

constexpr std::int64_t told_beyond = 4;  ///< by how much the number of results is told too large

std::vector<StandInEngine> usual_engines(const Operation& convolution) {
    const auto bytes = [](const Tensor& t) { return static_cast<std::int64_t>(t.extent()); };
    const std::int64_t x = bytes(convolution.x), y = bytes(convolution.y), w = bytes(convolution.w);
    return {
        {67, tensor_core, x + y + w + 147},
        {67, tensor_core, x + y + w + 147, 0, false, true, 1},
        {46, tensor_core | winograd, x + w + 4096, 1e-3},
        {35, tensor_core, w + 32},
        {69, not_deterministic, 256},
        {36, winograd, x + y + 1024, 1e-3},
        {24, fourier, 2 * (x + y + w), 1e-3},
        {71, 0, x + 32, 0, false, false},
        {70, 0, x + 32},
        {70, 0, x + 32, 0, false, true, 1},
        {25, not_deterministic, 0},
        {28, 0, 0},
        {1, 0, 9600, 0, true},
        {28, 0, 0, 0, true},
        {0, strict, 0, 0, true},
    };
}

bool all_are(const std::vector<Tensor>& tensors, cudnnDataType_t type) {
    return std::all_of(tensors.begin(), tensors.end(), [&](const Tensor& t) { return t.type == type; });
}

/// conv; conv + bias; conv + bias + ReLU: forward only. Without a bias a ReLU is not offered. Sums stay in
/// float; what lies in memory is of one type, the bias too.
bool supported_convolution(const std::vector<Operation>& operations) {
    using Kind = Operation::Kind;
    std::vector<Tensor> inner, outer;
    for (const Tensor& t : tensors_of(operations)) (t.is_virtual ? inner : outer).push_back(t);
    if (!all_are(outer, operations[0].x.type) || !all_are(inner, CUDNN_DATA_FLOAT)) return false;
    if (operations.size() == 1) return true;
    const bool fused =
        operations[0].kind == Kind::forward && operations[1].kind == Kind::add &&
        (operations.size() == 2 || (operations.size() == 3 && operations[2].kind == Kind::relu));
    return fused && operations[1].w.dims == Dims{1, operations[0].y.dims[1], 1, 1};
}

bool plain(const Tensor& t) {
    return t.strides == Dims{t.dims[1] * t.dims[2] * t.dims[3], t.dims[2] * t.dims[3], t.dims[3], 1};
}

/// Pooling is offered in NCHW, and each mode with one padding.
bool supported_resample(const std::vector<Operation>& operations) {
    const Operation& o = operations[0];
    const auto padding = o.mode == CUDNN_RESAMPLE_MAXPOOL ? CUDNN_NEG_INF_PAD : CUDNN_ZERO_PAD;
    return operations.size() == 1 && plain(o.x) && plain(o.y) && o.x.type == o.y.type && o.padding == padding;
}

std::vector<StandInEngine> supported(const std::vector<Operation>& operations) {
    if (operations[0].kind == Operation::Kind::resample && supported_resample(operations))
        return {{1, 0, 0, 0, true}};
    if (!operations[0].convolves() || !supported_convolution(operations)) return {};
    return offered() != nullptr ? *offered() : usual_engines(operations[0]);
}

/// A finalized descriptor that was not made by the caller.
Descriptor finished(cudnnBackendDescriptorType_t type) {
    Descriptor d;
    d.type = type;
    d.finalized = true;
    return d;
}

template <class T>
Value value_of(cudnnBackendAttributeType_t type, const T& element) {
    Value value{type, 1, std::vector<std::byte>(sizeof element), {}};
    std::memcpy(value.bytes.data(), &element, sizeof element);
    return value;
}

/// The places of `bytes` are never read: descriptors are handed out as such.
Value value_of(const std::vector<Descriptor>& children) {
    Value value{CUDNN_TYPE_BACKEND_DESCRIPTOR,
                static_cast<std::int64_t>(children.size()),
                std::vector<std::byte>(children.size() * 8),
                {}};
    for (const Descriptor& child : children) value.children.push_back(std::make_shared<Descriptor>(child));
    return value;
}

Descriptor config_of(const Descriptor& graph, const StandInEngine& which) {
    Descriptor engine = finished(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    engine.engines = {which};
    engine.values[CUDNN_ATTR_ENGINE_OPERATION_GRAPH] = value_of({graph});
    engine.values[CUDNN_ATTR_ENGINE_GLOBAL_INDEX] = value_of(CUDNN_TYPE_INT64, which.index);
    std::vector<Descriptor> knobs(2, finished(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR));
    knobs[0].values[CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE] =
        value_of(CUDNN_TYPE_KNOB_TYPE, CUDNN_KNOB_TYPE_TILE_SIZE);
    knobs[0].values[CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE] = value_of(CUDNN_TYPE_INT64, which.knob);
    knobs[1].values[CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE] =
        value_of(CUDNN_TYPE_KNOB_TYPE, CUDNN_KNOB_TYPE_IDX_MODE);
    knobs[1].values[CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE] = value_of(CUDNN_TYPE_INT64, std::int64_t{0});
    Descriptor config = finished(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    config.values[CUDNN_ATTR_ENGINECFG_ENGINE] = value_of({engine});
    config.values[CUDNN_ATTR_ENGINECFG_KNOB_CHOICES] = value_of(knobs);
    return config;
}

Result heuristic_results(Descriptor& d, std::int64_t requested) {
    Result result;
    if (requested == 0) {
        result.count = static_cast<std::int64_t>(d.engines.size()) + told_beyond;
        return result;
    }
    const Descriptor& graph = d.child(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
    for (; d.fetched < d.engines.size() && result.count < requested; ++d.fetched, ++result.count)
        result.descriptors.push_back(config_of(graph, d.engines[d.fetched]));
    return result;
}

/// As many as are asked for, at most: the real library tells no number beforehand.
Result notes(const Descriptor& d, std::int64_t requested) {
    Result result;
    std::vector<cudnnBackendNumericalNote_t> all;
    for (int i = 0; i < CUDNN_NUMERICAL_NOTE_TYPE_COUNT; ++i)
        if ((d.engines.front().notes >> i & 1U) != 0)
            all.push_back(static_cast<cudnnBackendNumericalNote_t>(i));
    all.resize(std::min(all.size(), static_cast<std::size_t>(requested)));
    result.count = static_cast<std::int64_t>(all.size());
    result.bytes.resize(all.size() * sizeof all[0]);
    if (!all.empty()) std::memcpy(result.bytes.data(), all.data(), result.bytes.size());
    return result;
}

}  // namespace

std::vector<StandInEngine> engines_for(const std::vector<Operation>& operations,
                                       const cudnnBackendHeurMode_t* mode) {
    std::vector<StandInEngine> engines = supported(operations);
    if (mode != nullptr)
        std::erase_if(engines, [&](const StandInEngine& each) {
            return each.fallback != (*mode == CUDNN_HEUR_MODE_FALLBACK);
        });
    return engines;
}

Result result(Descriptor& d, cudnnBackendAttributeName_t name, std::int64_t requested) {
    switch (name) {
        case CUDNN_ATTR_ENGINEHEUR_RESULTS:
            return heuristic_results(d, requested);
        case CUDNN_ATTR_ENGINE_NUMERICAL_NOTE:
            return notes(d, requested);
        case CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE:
        case CUDNN_ATTR_ENGINECFG_KNOB_CHOICES:
            return {};
        case CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE: {
            const Descriptor& config = d.child(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
            const Value size = value_of(CUDNN_TYPE_INT64,
                                        config.child(CUDNN_ATTR_ENGINECFG_ENGINE).engines.front().workspace);
            return {{}, size.bytes, 1};
        }
        default:
            throw Refusal{CUDNN_STATUS_BAD_PARAM, "attribute " + std::to_string(name) + " was not set"};
    }
}

}  // namespace emulsion::stand_in
