// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Which attributes each type of descriptor has, of what type and how many.
// https://docs.nvidia.com/deeplearning/cudnn/backend/latest/api/cudnn-graph-library.html
#include "tests/kernels/cudnn/stand_in_descriptors.h"

namespace emulsion::stand_in {
namespace {

constexpr auto any = std::nullopt;
constexpr std::int64_t dims = CUDNN_DIM_MAX, many = 1 << 20;

constexpr auto data_type = CUDNN_TYPE_DATA_TYPE;
constexpr auto int64 = CUDNN_TYPE_INT64;
constexpr auto real = CUDNN_TYPE_FLOAT;
constexpr auto fraction = CUDNN_TYPE_FRACTION;
constexpr auto descriptor = CUDNN_TYPE_BACKEND_DESCRIPTOR;
constexpr auto tensor = CUDNN_BACKEND_TENSOR_DESCRIPTOR;
constexpr auto convolution = CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR;

constexpr Rule tensor_rules[] = {
    {CUDNN_ATTR_TENSOR_DATA_TYPE, data_type, 1, Rule::required, any},
    {CUDNN_ATTR_TENSOR_DIMENSIONS, int64, dims, Rule::required, any},
    {CUDNN_ATTR_TENSOR_STRIDES, int64, dims, Rule::required, any},
    {CUDNN_ATTR_TENSOR_UNIQUE_ID, int64, 1, Rule::required, any},
    {CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, int64, 1, Rule::required, any},
    {CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, Rule::optional, any},
};
constexpr Rule convolution_rules[] = {
    {CUDNN_ATTR_CONVOLUTION_COMP_TYPE, data_type, 1, Rule::required, any},
    {CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, Rule::required, any},
    {CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, int64, 1, Rule::required, any},
    {CUDNN_ATTR_CONVOLUTION_DILATIONS, int64, dims, Rule::required, any},
    {CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, int64, dims, Rule::required, any},
    {CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, int64, dims, Rule::required, any},
    {CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, int64, dims, Rule::required, any},
};
// The real library takes an absent alpha for 1 and an absent beta for 0.
constexpr Rule forward_rules[] = {
    {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, descriptor, 1, Rule::required, convolution},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, descriptor, 1, Rule::required, tensor},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, descriptor, 1, Rule::required, tensor},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, descriptor, 1, Rule::required, tensor},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, real, 1, Rule::optional, any},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, real, 1, Rule::optional, any},
};
constexpr Rule backward_data_rules[] = {
    {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, descriptor, 1, Rule::required, convolution},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, descriptor, 1, Rule::required, tensor},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, descriptor, 1, Rule::required, tensor},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, descriptor, 1, Rule::required, tensor},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, real, 1, Rule::optional, any},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, real, 1, Rule::optional, any},
};
constexpr Rule backward_filter_rules[] = {
    {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, descriptor, 1, Rule::required, convolution},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, descriptor, 1, Rule::required, tensor},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, descriptor, 1, Rule::required, tensor},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, descriptor, 1, Rule::required, tensor},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, real, 1, Rule::optional, any},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA, real, 1, Rule::optional, any},
};
constexpr Rule pointwise_rules[] = {
    {CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, Rule::required, any},
    {CUDNN_ATTR_POINTWISE_MATH_PREC, data_type, 1, Rule::required, any},
    {CUDNN_ATTR_POINTWISE_NAN_PROPAGATION, CUDNN_TYPE_NAN_PROPOGATION, 1, Rule::optional, any},
};
constexpr Rule pointwise_operation_rules[] = {
    {CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, descriptor, 1, Rule::required,
     CUDNN_BACKEND_POINTWISE_DESCRIPTOR},
    {CUDNN_ATTR_OPERATION_POINTWISE_XDESC, descriptor, 1, Rule::required, tensor},
    {CUDNN_ATTR_OPERATION_POINTWISE_BDESC, descriptor, 1, Rule::optional, tensor},
    {CUDNN_ATTR_OPERATION_POINTWISE_YDESC, descriptor, 1, Rule::required, tensor},
    {CUDNN_ATTR_OPERATION_POINTWISE_ALPHA1, real, 1, Rule::optional, any},
    {CUDNN_ATTR_OPERATION_POINTWISE_ALPHA2, real, 1, Rule::optional, any},
};
constexpr Rule resample_rules[] = {
    {CUDNN_ATTR_RESAMPLE_MODE, CUDNN_TYPE_RESAMPLE_MODE, 1, Rule::required, any},
    {CUDNN_ATTR_RESAMPLE_COMP_TYPE, data_type, 1, Rule::required, any},
    {CUDNN_ATTR_RESAMPLE_SPATIAL_DIMS, int64, 1, Rule::required, any},
    {CUDNN_ATTR_RESAMPLE_PRE_PADDINGS, fraction, dims, Rule::required, any},
    {CUDNN_ATTR_RESAMPLE_POST_PADDINGS, fraction, dims, Rule::required, any},
    {CUDNN_ATTR_RESAMPLE_STRIDES, fraction, dims, Rule::required, any},
    {CUDNN_ATTR_RESAMPLE_WINDOW_DIMS, fraction, dims, Rule::required, any},
    {CUDNN_ATTR_RESAMPLE_PADDING_MODE, CUDNN_TYPE_PADDING_MODE, 1, Rule::required, any},
    {CUDNN_ATTR_RESAMPLE_NAN_PROPAGATION, CUDNN_TYPE_NAN_PROPOGATION, 1, Rule::optional, any},
};
constexpr Rule resample_operation_rules[] = {
    {CUDNN_ATTR_OPERATION_RESAMPLE_FWD_DESC, descriptor, 1, Rule::required,
     CUDNN_BACKEND_RESAMPLE_DESCRIPTOR},
    {CUDNN_ATTR_OPERATION_RESAMPLE_FWD_XDESC, descriptor, 1, Rule::required, tensor},
    {CUDNN_ATTR_OPERATION_RESAMPLE_FWD_YDESC, descriptor, 1, Rule::required, tensor},
    {CUDNN_ATTR_OPERATION_RESAMPLE_FWD_ALPHA, real, 1, Rule::optional, any},
    {CUDNN_ATTR_OPERATION_RESAMPLE_FWD_BETA, real, 1, Rule::optional, any},
};
constexpr Rule graph_rules[] = {
    {CUDNN_ATTR_OPERATIONGRAPH_OPS, descriptor, many, Rule::required, any},
    {CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, Rule::optional, any},
};
constexpr Rule heuristics_rules[] = {
    {CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, descriptor, 1, Rule::required,
     CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR},
    {CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, Rule::required, any},
    {CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, descriptor, 1, Rule::optional, CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR},
    {CUDNN_ATTR_ENGINEHEUR_RESULTS, descriptor, many, Rule::result, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR},
};
constexpr Rule engine_rules[] = {
    {CUDNN_ATTR_ENGINE_OPERATION_GRAPH, descriptor, 1, Rule::required,
     CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR},
    {CUDNN_ATTR_ENGINE_GLOBAL_INDEX, int64, 1, Rule::required, any},
    {CUDNN_ATTR_ENGINE_DEVICEPROP, descriptor, 1, Rule::optional, CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR},
    {CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, many, Rule::result, any},
    {CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE, many, Rule::result, any},
};
constexpr Rule config_rules[] = {
    {CUDNN_ATTR_ENGINECFG_ENGINE, descriptor, 1, Rule::required, CUDNN_BACKEND_ENGINE_DESCRIPTOR},
    {CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, descriptor, many, Rule::optional,
     CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR},
};
constexpr Rule knob_rules[] = {
    {CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, 1, Rule::required, any},
    {CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, int64, 1, Rule::required, any},
};
constexpr Rule plan_rules[] = {
    {CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, descriptor, 1, Rule::required,
     CUDNN_BACKEND_ENGINECFG_DESCRIPTOR},
    {CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, Rule::optional, any},
    {CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, descriptor, 1, Rule::optional,
     CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR},
    {CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, int64, 1, Rule::result, any},
};
constexpr Rule pack_rules[] = {
    {CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, int64, many, Rule::required, any},
    {CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, many, Rule::required, any},
    {CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, Rule::optional, any},
};
constexpr Rule card_rules[] = {
    {CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, many, Rule::optional, any},
    {CUDNN_ATTR_DEVICEPROP_HANDLE, CUDNN_TYPE_HANDLE, 1, Rule::optional, any},
    {CUDNN_ATTR_DEVICEPROP_DEVICE_ID, CUDNN_TYPE_INT32, 1, Rule::optional, any},
};

struct Type {
    cudnnBackendDescriptorType_t type;
    const char* name;
    std::span<const Rule> rules;
};
constexpr Type types[] = {
    {CUDNN_BACKEND_TENSOR_DESCRIPTOR, "tensor", tensor_rules},
    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, "convolution", convolution_rules},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, "convolution forward", forward_rules},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, "convolution backward data",
     backward_data_rules},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR, "convolution backward filter",
     backward_filter_rules},
    {CUDNN_BACKEND_POINTWISE_DESCRIPTOR, "pointwise", pointwise_rules},
    {CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, "pointwise operation", pointwise_operation_rules},
    {CUDNN_BACKEND_RESAMPLE_DESCRIPTOR, "resample", resample_rules},
    {CUDNN_BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR, "resample forward", resample_operation_rules},
    {CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, "operation graph", graph_rules},
    {CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, "engine heuristics", heuristics_rules},
    {CUDNN_BACKEND_ENGINE_DESCRIPTOR, "engine", engine_rules},
    {CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, "engine configuration", config_rules},
    {CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, "knob choice", knob_rules},
    {CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, "execution plan", plan_rules},
    {CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, "variant pack", pack_rules},
    {CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, "device properties", card_rules},
};

const Type& find(cudnnBackendDescriptorType_t type) {
    for (const Type& each : types)
        if (each.type == type) return each;
    throw Refusal{CUDNN_STATUS_NOT_SUPPORTED,
                  "the stand-in has no descriptor of type " + std::to_string(static_cast<int>(type))};
}

}  // namespace

std::span<const Rule> rules(cudnnBackendDescriptorType_t type) {
    return find(type).rules;
}

const char* name(cudnnBackendDescriptorType_t type) {
    return find(type).name;
}

std::size_t size_of(cudnnBackendAttributeType_t type) {
    switch (type) {
        case CUDNN_TYPE_BOOLEAN:
            return sizeof(bool);
        case CUDNN_TYPE_CHAR:
            return 1;
        case CUDNN_TYPE_INT64:
        case CUDNN_TYPE_DOUBLE:
        case CUDNN_TYPE_VOID_PTR:
        case CUDNN_TYPE_HANDLE:
        case CUDNN_TYPE_BACKEND_DESCRIPTOR:
            return 8;
        case CUDNN_TYPE_FRACTION:
            return sizeof(cudnnFraction_t);
        default:  // enumerations, float, int32
            return 4;
    }
}

}  // namespace emulsion::stand_in
