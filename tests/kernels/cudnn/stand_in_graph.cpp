// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/cudnn/stand_in_graph.h"

#include <algorithm>

namespace emulsion::stand_in {
namespace {

Window window_of_convolution(const Descriptor& convolution, const Tensor& w) {
    const auto numbers = [&](cudnnBackendAttributeName_t name) {
        return convolution.all<std::int64_t>(name);
    };
    return {{w.dims.begin() + 2, w.dims.end()},
            numbers(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS),
            numbers(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS),
            numbers(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES),
            numbers(CUDNN_ATTR_CONVOLUTION_DILATIONS)};
}

/// The attributes' names of one kind of convolution.
struct Names {
    Operation::Kind kind;
    cudnnBackendAttributeName_t convolution, x, w, y, alpha, beta;
};
constexpr Names forward{Operation::Kind::forward,
                        CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                        CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                        CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                        CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                        CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                        CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
constexpr Names backward_data{Operation::Kind::backward_data,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
constexpr Names backward_filter{Operation::Kind::backward_filter,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};

Operation convolution(const Descriptor& d, const Names& names) {
    Operation o;
    o.kind = names.kind;
    o.x = tensor_of(d.child(names.x));
    o.w = tensor_of(d.child(names.w));
    o.y = tensor_of(d.child(names.y));
    const Descriptor& how = d.child(names.convolution);
    o.window = window_of_convolution(how, o.w);
    o.flipped = how.one<cudnnConvolutionMode_t>(CUDNN_ATTR_CONVOLUTION_CONV_MODE) == CUDNN_CONVOLUTION;
    o.alpha = d.real(names.alpha, 1);
    o.beta = d.real(names.beta, 0);
    return o;
}

// NVIDIA's default is not to propagate.
bool keeps_nan(const Descriptor& d, cudnnBackendAttributeName_t name) {
    return d.one_or(name, CUDNN_NOT_PROPAGATE_NAN) == CUDNN_PROPAGATE_NAN;
}

Operation pointwise(const Descriptor& d) {
    Operation o;
    const Descriptor& how = d.child(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
    const auto mode = how.one<cudnnPointwiseMode_t>(CUDNN_ATTR_POINTWISE_MODE);
    o.kind = mode == CUDNN_POINTWISE_ADD ? Operation::Kind::add : Operation::Kind::relu;
    o.x = tensor_of(d.child(CUDNN_ATTR_OPERATION_POINTWISE_XDESC));
    o.y = tensor_of(d.child(CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
    if (o.kind == Operation::Kind::add) o.w = tensor_of(d.child(CUDNN_ATTR_OPERATION_POINTWISE_BDESC));
    o.keeps_nan = keeps_nan(how, CUDNN_ATTR_POINTWISE_NAN_PROPAGATION);
    o.alpha = d.real(CUDNN_ATTR_OPERATION_POINTWISE_ALPHA1, 1);
    o.alpha2 = d.real(CUDNN_ATTR_OPERATION_POINTWISE_ALPHA2, 1);
    return o;
}

Operation resample(const Descriptor& d) {
    Operation o;
    o.kind = Operation::Kind::resample;
    o.x = tensor_of(d.child(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_XDESC));
    o.y = tensor_of(d.child(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_YDESC));
    const Descriptor& how = d.child(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_DESC);
    o.window = {how.whole(CUDNN_ATTR_RESAMPLE_WINDOW_DIMS),
                how.whole(CUDNN_ATTR_RESAMPLE_PRE_PADDINGS),
                how.whole(CUDNN_ATTR_RESAMPLE_POST_PADDINGS),
                how.whole(CUDNN_ATTR_RESAMPLE_STRIDES),
                {1, 1}};
    o.mode = how.one<cudnnResampleMode_t>(CUDNN_ATTR_RESAMPLE_MODE);
    o.padding = how.one<cudnnPaddingMode_t>(CUDNN_ATTR_RESAMPLE_PADDING_MODE);
    o.keeps_nan = keeps_nan(how, CUDNN_ATTR_RESAMPLE_NAN_PROPAGATION);
    o.alpha = d.real(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_ALPHA, 1);
    o.beta = d.real(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_BETA, 0);
    return o;
}

const char* type_name(cudnnDataType_t type) {
    return type == CUDNN_DATA_FLOAT ? "f32" : type == CUDNN_DATA_BFLOAT16 ? "bf16" : "other";
}

}  // namespace

std::int64_t Tensor::count() const {
    std::int64_t product = 1;
    for (const std::int64_t dim : dims) product *= dim;
    return product;
}

std::size_t Tensor::extent() const {
    std::int64_t last = 0;
    for (std::size_t i = 0; i < dims.size(); ++i) last += (dims[i] - 1) * strides[i];
    return static_cast<std::size_t>(last + 1) * stand_in::size_of(type);
}

std::size_t size_of(cudnnDataType_t type) {
    switch (type) {
        case CUDNN_DATA_FLOAT:
            return 4;
        case CUDNN_DATA_BFLOAT16:
            return 2;
        default:
            throw Refusal{CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "the stand-in knows float and bfloat16 only"};
    }
}

Tensor tensor_of(const Descriptor& d) {
    return {d.one<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID),
            d.one<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE),
            d.all<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS),
            d.all<std::int64_t>(CUDNN_ATTR_TENSOR_STRIDES),
            d.one<std::int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT),
            d.has(CUDNN_ATTR_TENSOR_IS_VIRTUAL) &&
                d.values.at(CUDNN_ATTR_TENSOR_IS_VIRTUAL).bytes.front() != std::byte{0}};
}

bool same_shape(const Tensor& a, const Tensor& b) {
    return a.dims == b.dims;
}

std::vector<Tensor> Operation::sources() const {
    switch (kind) {
        case Kind::forward:
        case Kind::add:
            return {x, w};
        case Kind::backward_data:
            return {w, y};
        case Kind::backward_filter:
            return {x, y};
        default:
            return {x};
    }
}

Operation operation_of(const Descriptor& d) {
    switch (d.type) {
        case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
            return convolution(d, forward);
        case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
            return convolution(d, backward_data);
        case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
            return convolution(d, backward_filter);
        case CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR:
            return pointwise(d);
        case CUDNN_BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR:
            return resample(d);
        default:
            throw Refusal{CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE,
                          std::string(name(d.type)) + " is no operation"};
    }
}

std::vector<Operation> operations_of(const Descriptor& graph) {
    std::vector<Operation> waiting, ordered;
    for (const auto& each : graph.values.at(CUDNN_ATTR_OPERATIONGRAPH_OPS).children)
        waiting.push_back(operation_of(*each));
    while (!waiting.empty()) {
        const auto ready = std::find_if(waiting.begin(), waiting.end(), [&](const Operation& o) {
            const auto sources = o.sources();
            return std::none_of(sources.begin(), sources.end(), [&](const Tensor& source) {
                return std::any_of(waiting.begin(), waiting.end(),
                                   [&](const Operation& other) { return other.result().id == source.id; });
            });
        });
        require(ready != waiting.end(), "the operations wait for each other");
        ordered.push_back(*ready);
        waiting.erase(ready);
    }
    return ordered;
}

std::vector<Tensor> tensors_of(const std::vector<Operation>& operations) {
    std::vector<Tensor> all;
    for (const Operation& o : operations) {
        auto touched = o.sources();
        touched.push_back(o.result());
        for (const Tensor& tensor : touched)
            if (std::none_of(all.begin(), all.end(), [&](const Tensor& t) { return t.id == tensor.id; }))
                all.push_back(tensor);
    }
    return all;
}

std::string in_words(const Dims& dims) {
    std::string text;
    for (const std::int64_t dim : dims) text += (text.empty() ? "[" : ",") + std::to_string(dim);
    return text + "]";
}

std::string in_words(const Tensor& t) {
    return std::to_string(t.id) + ":" + type_name(t.type) + in_words(t.dims) + "/" + in_words(t.strides) +
           "@" + std::to_string(t.alignment) + (t.is_virtual ? " virtual" : "");
}

std::string in_words(const Operation& o) {
    constexpr const char* names[] = {
        "conv_forward", "conv_backward_data", "conv_backward_filter", "add", "relu", "resample"};
    std::string text = std::string(names[static_cast<int>(o.kind)]) + " x " + in_words(o.x);
    if (o.convolves() || o.kind == Operation::Kind::add)
        text += (o.convolves() ? " w " : " b ") + in_words(o.w);
    text += " y " + in_words(o.y);
    if (o.convolves() || o.kind == Operation::Kind::resample)
        text += " kernel " + in_words(o.window.kernel) + " pre " + in_words(o.window.pre) + " post " +
                in_words(o.window.post) + " stride " + in_words(o.window.stride) + " dilation " +
                in_words(o.window.dilation);
    if (o.convolves())
        text += " groups " + std::to_string(o.groups()) + (o.flipped ? " convolution" : " cross-correlation");
    if (o.kind == Operation::Kind::resample)
        text += " mode " + std::to_string(o.mode) + " padding " + std::to_string(o.padding);
    if (o.alpha != 1 || o.alpha2 != 1 || o.beta != 0)
        text += " alpha " + std::to_string(o.alpha) + " " + std::to_string(o.alpha2) + " beta " +
                std::to_string(o.beta);
    return text;
}

}  // namespace emulsion::stand_in
