// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/convolution.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {
namespace {

/// The attributes of a convolution as a part of the graph; null where no padding leads to dst.
const BackendDescriptor* attributes(Graph& graph, const Convolution& c) {
    const auto below = padding_after(c.src.h, c.dst.h, c.kernel_h, c.stride_h, c.pad_h);
    const auto right = padding_after(c.src.w, c.dst.w, c.kernel_w, c.stride_w, c.pad_w);
    if (!below || !right) return nullptr;
    const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
    return &graph.part(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR)
                .set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
                .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode)
                .set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, 2)
                .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, {1, 1})
                .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, {c.stride_h, c.stride_w})
                .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, {c.pad_h, c.pad_w})
                .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, {*below, *right})
                .finalize();
}

Shape weight_shape(const Convolution& c) {
    return {c.dst.c, c.src.c / c.groups, c.kernel_h, c.kernel_w};
}

/// The names by which a kind of convolution knows its parts.
struct Names {
    cudnnBackendDescriptorType_t operation;
    cudnnBackendAttributeName_t attributes, x, w, y, alpha, beta;
};
Names names_of(OpKind kind) {
    if (kind == OpKind::conv_forward)
        return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
    if (kind == OpKind::conv_backward_data)
        return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
}

void add_operation(Graph& graph, OpKind kind, const BackendDescriptor& attributes, const BackendDescriptor& x,
                   const BackendDescriptor& w, const BackendDescriptor& y) {
    const Names names = names_of(kind);
    const float one = 1, none = 0;
    graph.operation(names.operation)
        .set(names.attributes, attributes)
        .set(names.x, x)
        .set(names.w, w)
        .set(names.y, y)
        .set(names.alpha, CUDNN_TYPE_FLOAT, 1, &one)
        .set(names.beta, CUDNN_TYPE_FLOAT, 1, &none)
        .finalize();
}

void add_bias_operation(Graph& graph, const BackendDescriptor& x, const BackendDescriptor& bias,
                        const BackendDescriptor& y) {
    const cudnnPointwiseMode_t mode = CUDNN_POINTWISE_ADD;
    const BackendDescriptor& addition =
        graph.part(CUDNN_BACKEND_POINTWISE_DESCRIPTOR)
            .set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode)
            .set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT)
            .finalize();
    graph.operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR)
        .set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, addition)
        .set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x)
        .set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, bias)
        .set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y)
        .finalize();
}

}  // namespace

std::optional<Graph> convolution_graph(OpKind kind, const Convolution& c, const Format& format) {
    Graph graph;
    const BackendDescriptor* const how = attributes(graph, c);
    if (how == nullptr) return std::nullopt;
    const bool forward = kind == OpKind::conv_forward;
    const Operand x = kind == OpKind::conv_backward_data ? Operand::diff_src : Operand::src;
    const Operand w = kind == OpKind::conv_backward_weights ? Operand::diff_weights : Operand::weights;
    add_operation(graph, kind, *how, graph.tensor(x, c.src, format), graph.tensor(w, weight_shape(c), format),
                  graph.tensor(forward ? Operand::dst : Operand::diff_dst, c.dst, format));
    return graph;
}

std::optional<Graph> convolution_with_bias_graph(const Convolution& c, const Format& format) {
    Graph graph;
    const BackendDescriptor* const how = attributes(graph, c);
    if (how == nullptr) return std::nullopt;
    // Between operations values are f32: engines take no other.
    const BackendDescriptor& sums = graph.inner(c.dst, {format.kind, DataType::f32});
    add_operation(graph, OpKind::conv_forward, *how, graph.tensor(Operand::src, c.src, format),
                  graph.tensor(Operand::weights, weight_shape(c), format), sums);
    add_bias_operation(graph, sums, graph.tensor(Operand::bias, {1, c.dst.c, 1, 1}, format),
                       graph.tensor(Operand::dst, c.dst, format));
    return graph;
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
