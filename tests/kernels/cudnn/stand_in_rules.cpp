// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What must hold when a descriptor is finalized. Where NVIDIA's documentation is silent, or the library (9.19
// was asked) takes what the documentation forbids, the stricter of the two is the rule here: the library
// takes dimensions of 0, strides that overlap, absent ids, ids used twice, and virtual tensors that nobody
// writes, and goes wrong later or not at all.
#include <algorithm>
#include <set>
#include <string_view>

#include "tests/kernels/cudnn/stand_in_graph.h"

namespace emulsion::stand_in {
namespace {

bool power_of_two(std::int64_t number) {
    return number > 0 && (number & (number - 1)) == 0;
}

/// Two different places must not share an element. In the order of their strides, each stride must step over
/// all that the smaller ones reach. A dimension of 1 has no step.
void check_overlap(const Tensor& t) {
    std::vector<std::pair<std::int64_t, std::int64_t>> steps;
    for (std::size_t i = 0; i < t.dims.size(); ++i)
        if (t.dims[i] > 1) steps.emplace_back(t.strides[i], t.dims[i]);
    std::sort(steps.begin(), steps.end());
    std::int64_t reach = 0;
    for (const auto& [stride, dim] : steps) {
        require(stride > reach, "strides " + in_words(t.strides) + " of " + in_words(t.dims) + " overlap");
        reach += (dim - 1) * stride;
    }
}

void check_tensor(const Descriptor& d) {
    const Tensor t = tensor_of(d);
    require(t.dims.size() == t.strides.size(), "as many strides as dimensions");
    for (const std::int64_t dim : t.dims) require(dim > 0, "dimensions " + in_words(t.dims));
    for (const std::int64_t stride : t.strides) require(stride > 0, "strides " + in_words(t.strides));
    check_overlap(t);
    require(power_of_two(t.alignment) && t.alignment % static_cast<std::int64_t>(size_of(t.type)) == 0,
            "alignment " + std::to_string(t.alignment));
}

void check_each(const Descriptor& d, cudnnBackendAttributeName_t name, std::size_t count,
                std::int64_t least) {
    const auto numbers = d.whole(name);
    require(numbers.size() == count, "attribute " + std::to_string(name) + " of all spatial dimensions");
    for (const std::int64_t number : numbers)
        require(number >= least, "attribute " + std::to_string(name) + " is " + in_words(numbers));
}

void check_convolution(const Descriptor& d) {
    const auto spatial = d.one<std::int64_t>(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS);
    require(spatial == 2, CUDNN_STATUS_NOT_SUPPORTED, "the stand-in knows two spatial dimensions only");
    require(d.one<cudnnDataType_t>(CUDNN_ATTR_CONVOLUTION_COMP_TYPE) == CUDNN_DATA_FLOAT,
            CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "the stand-in computes in float only");
    check_each(d, CUDNN_ATTR_CONVOLUTION_DILATIONS, 2, 1);
    check_each(d, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, 2, 1);
    check_each(d, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, 2, 0);
    check_each(d, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, 2, 0);
}

/// Sizes after a window: floor((x + pre + post - (dilation * (kernel - 1) + 1)) / stride) + 1.
void check_sizes(const Operation& o) {
    for (std::size_t i = 0; i < 2; ++i) {
        const std::int64_t room = o.x.dims[i + 2] + o.window.pre[i] + o.window.post[i] -
                                  (o.window.dilation[i] * (o.window.kernel[i] - 1) + 1);
        require(room >= 0 && o.y.dims[i + 2] == room / o.window.stride[i] + 1,
                CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "sizes of " + in_words(o));
    }
}

void check_operation_convolution(const Operation& o) {
    for (const Tensor* t : {&o.x, &o.w, &o.y})
        require(t->dims.size() == 4, CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "four dimensions");
    require(o.x.dims[0] == o.y.dims[0], CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "batch of x and of y");
    require(o.w.dims[0] == o.y.dims[1], CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "K of w and C of y");
    require(o.x.dims[1] % o.w.dims[1] == 0, CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "C of x by C of w");
    require(o.w.dims[0] % o.groups() == 0, CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "K by groups");
    check_sizes(o);
}

void check_pointwise(const Descriptor& d) {
    const auto mode = d.one<cudnnPointwiseMode_t>(CUDNN_ATTR_POINTWISE_MODE);
    require(mode == CUDNN_POINTWISE_ADD || mode == CUDNN_POINTWISE_RELU_FWD, CUDNN_STATUS_NOT_SUPPORTED,
            "the stand-in knows ADD and RELU_FWD only");
    require(d.one<cudnnDataType_t>(CUDNN_ATTR_POINTWISE_MATH_PREC) == CUDNN_DATA_FLOAT,
            CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "the stand-in computes in float only");
}

void check_operation_pointwise(const Descriptor& d) {
    const auto mode = d.child(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR)
                          .one<cudnnPointwiseMode_t>(CUDNN_ATTR_POINTWISE_MODE);
    require((mode == CUDNN_POINTWISE_ADD) == d.has(CUDNN_ATTR_OPERATION_POINTWISE_BDESC),
            "ADD has a second source, RELU_FWD has none");
    const Operation o = operation_of(d);
    require(same_shape(o.x, o.y), CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "shapes of " + in_words(o));
    if (o.kind != Operation::Kind::add) return;
    require(o.w.dims.size() == o.x.dims.size(), CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH,
            "dimensions of " + in_words(o));
    for (std::size_t i = 0; i < o.x.dims.size(); ++i)
        require(o.w.dims[i] == 1 || o.w.dims[i] == o.x.dims[i], CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH,
                "a second source is as large or 1: " + in_words(o));
}

void check_resample(const Descriptor& d) {
    const auto mode = d.one<cudnnResampleMode_t>(CUDNN_ATTR_RESAMPLE_MODE);
    require(mode == CUDNN_RESAMPLE_MAXPOOL || mode == CUDNN_RESAMPLE_AVGPOOL_INCLUDE_PADDING ||
                mode == CUDNN_RESAMPLE_AVGPOOL_EXCLUDE_PADDING,
            CUDNN_STATUS_NOT_SUPPORTED, "the stand-in knows pooling only");
    require(d.one<cudnnDataType_t>(CUDNN_ATTR_RESAMPLE_COMP_TYPE) == CUDNN_DATA_FLOAT,
            CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "the stand-in computes in float only");
    require(d.one<std::int64_t>(CUDNN_ATTR_RESAMPLE_SPATIAL_DIMS) == 2, CUDNN_STATUS_NOT_SUPPORTED,
            "the stand-in knows two spatial dimensions only");
    check_each(d, CUDNN_ATTR_RESAMPLE_WINDOW_DIMS, 2, 1);
    check_each(d, CUDNN_ATTR_RESAMPLE_STRIDES, 2, 1);
    check_each(d, CUDNN_ATTR_RESAMPLE_PRE_PADDINGS, 2, 0);
    check_each(d, CUDNN_ATTR_RESAMPLE_POST_PADDINGS, 2, 0);
}

void check_operation_resample(const Operation& o) {
    require(o.x.dims.size() == 4 && o.y.dims.size() == 4, CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH,
            "four dimensions");
    require(o.x.dims[0] == o.y.dims[0] && o.x.dims[1] == o.y.dims[1], CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH,
            "batch and channels of " + in_words(o));
    check_sizes(o);
}

/// Ids stand for one tensor each; a tensor is written once, and not after it was read; a virtual one is both
/// written and read within the graph.
void check_graph(const Descriptor& d) {
    const std::vector<Operation> operations = operations_of(d);
    std::set<std::int64_t> written, read;
    const std::vector<Tensor> tensors = tensors_of(operations);
    for (const Operation& o : operations) {
        auto touched = o.sources();
        for (const Tensor& source : touched) {
            read.insert(source.id);
            require(source.id != o.result().id, CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES,
                    "one id for a source and the result: " + in_words(o));
        }
        touched.push_back(o.result());
        for (const Tensor& tensor : touched)
            for (const Tensor& other : tensors)
                require(tensor.id != other.id || in_words(tensor) == in_words(other),
                        CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES,
                        "one id for " + in_words(tensor) + " and for " + in_words(other));
        require(written.insert(o.result().id).second, CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES,
                "written twice: " + in_words(o.result()));
        require(o.beta == 0 || !o.result().is_virtual, "beta of a virtual tensor");
    }
    for (const Tensor& t : tensors)
        require(!t.is_virtual || (written.count(t.id) != 0 && read.count(t.id) != 0),
                "virtual, but not both written and read: " + in_words(t));
}

void check_pack(const Descriptor& d) {
    const auto ids = d.all<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
    const auto pointers = d.all<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
    require(ids.size() == pointers.size(), "as many pointers as ids");
    require(std::set<std::int64_t>(ids.begin(), ids.end()).size() == ids.size(),
            CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES, "an id twice");
    for (const void* pointer : pointers)
        require(pointer != nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "a null pointer");
}

/// A card is told by a handle, or described; here by words that the real library asks for.
void check_card(const Descriptor& d) {
    if (!d.has(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION)) {
        require(d.has(CUDNN_ATTR_DEVICEPROP_HANDLE) || d.has(CUDNN_ATTR_DEVICEPROP_DEVICE_ID),
                CUDNN_STATUS_NOT_INITIALIZED, "no card is told");
        return;
    }
    const auto characters = d.all<char>(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION);
    const std::string_view text(characters.data(), characters.size());
    require(text.starts_with('{') && text.find("\"deviceVer\"") != text.npos, "no description of a card");
}

/// Heuristics and engines find what there is for their graph.
void fill_heuristics(Descriptor& d) {
    const auto mode = d.one<cudnnBackendHeurMode_t>(CUDNN_ATTR_ENGINEHEUR_MODE);
    d.engines = engines_for(operations_of(d.child(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH)), &mode);
}
void fill_engine(Descriptor& d) {
    const auto index = d.one<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
    for (const auto& each : engines_for(operations_of(d.child(CUDNN_ATTR_ENGINE_OPERATION_GRAPH)), nullptr))
        if (each.index == index) d.engines = {each};
    require(!d.engines.empty(), CUDNN_STATUS_NOT_SUPPORTED, "no engine " + std::to_string(index));
}

void check_plan(const Descriptor& d) {
    const Descriptor& config = d.child(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
    require(config.child(CUDNN_ATTR_ENGINECFG_ENGINE).engines.front().plans, CUDNN_STATUS_NOT_SUPPORTED,
            "the engine cannot run this graph");
}

void check_content(Descriptor& d) {
    switch (d.type) {
        case CUDNN_BACKEND_TENSOR_DESCRIPTOR:
            return check_tensor(d);
        case CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR:
            return check_convolution(d);
        case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
        case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
        case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
            return check_operation_convolution(operation_of(d));
        case CUDNN_BACKEND_POINTWISE_DESCRIPTOR:
            return check_pointwise(d);
        case CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR:
            return check_operation_pointwise(d);
        case CUDNN_BACKEND_RESAMPLE_DESCRIPTOR:
            return check_resample(d);
        case CUDNN_BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR:
            return check_operation_resample(operation_of(d));
        case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
            return check_graph(d);
        case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR:
            return fill_heuristics(d);
        case CUDNN_BACKEND_ENGINE_DESCRIPTOR:
            return fill_engine(d);
        case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR:
            return check_plan(d);
        case CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR:
            return check_pack(d);
        case CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR:
            return check_card(d);
        default:
            return;
    }
}

}  // namespace

void finalize(Descriptor& d) {
    require(!d.finalized, "finalized twice");
    for (const Rule& rule : rules(d.type))
        require(rule.kind != Rule::required || d.has(rule.name),
                std::string(name(d.type)) + " lacks attribute " + std::to_string(rule.name));
    for (const auto& [attribute, value] : d.values)
        for (const auto& child : value.children)
            require(child->finalized, CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED,
                    std::string(name(child->type)) + " was not finalized when it was set");
    check_content(d);
    d.finalized = true;
}

}  // namespace emulsion::stand_in
