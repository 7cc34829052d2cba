// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/graph.h"

#include <array>

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {

BackendDescriptor::BackendDescriptor(cudnnBackendDescriptorType_t type) {
    check(api().BackendCreateDescriptor(type, &descriptor_), "cudnnBackendCreateDescriptor");
}

BackendDescriptor::~BackendDescriptor() {
    if (descriptor_ != nullptr) api().BackendDestroyDescriptor(descriptor_);
}

BackendDescriptor& BackendDescriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                                          std::int64_t count, const void* values) {
    check(api().BackendSetAttribute(descriptor_, name, type, count, values), "cudnnBackendSetAttribute");
    return *this;
}

BackendDescriptor& BackendDescriptor::set(cudnnBackendAttributeName_t name, std::int64_t value) {
    return set(name, CUDNN_TYPE_INT64, 1, &value);
}

BackendDescriptor& BackendDescriptor::set(cudnnBackendAttributeName_t name,
                                          std::initializer_list<std::int64_t> values) {
    return set(name, CUDNN_TYPE_INT64, static_cast<std::int64_t>(values.size()), values.begin());
}

BackendDescriptor& BackendDescriptor::set(cudnnBackendAttributeName_t name, cudnnDataType_t type) {
    return set(name, CUDNN_TYPE_DATA_TYPE, 1, &type);
}

BackendDescriptor& BackendDescriptor::set(cudnnBackendAttributeName_t name, const BackendDescriptor& other) {
    return set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &other.descriptor_);
}

BackendDescriptor& BackendDescriptor::finalize() {
    check(api().BackendFinalize(descriptor_), "cudnnBackendFinalize");
    return *this;
}

std::int64_t BackendDescriptor::get(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                                    std::int64_t most, void* values) const {
    std::int64_t count = 0;
    check(api().BackendGetAttribute(descriptor_, name, type, most, &count, values),
          "cudnnBackendGetAttribute");
    return count;
}

std::int64_t BackendDescriptor::count(cudnnBackendAttributeName_t name,
                                      cudnnBackendAttributeType_t type) const {
    return get(name, type, 0, nullptr);
}

BackendDescriptor BackendDescriptor::get(cudnnBackendAttributeName_t name,
                                         cudnnBackendDescriptorType_t type) const {
    BackendDescriptor found(type);
    get(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &found.descriptor_);
    return found;
}

std::vector<BackendDescriptor> BackendDescriptor::list(cudnnBackendAttributeName_t name,
                                                       cudnnBackendDescriptorType_t type,
                                                       std::int64_t most) const {
    std::vector<BackendDescriptor> all;
    std::vector<cudnnBackendDescriptor_t> raw;
    for (std::int64_t i = 0; i < most; ++i) raw.push_back(all.emplace_back(type).raw());
    const std::int64_t written = get(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, most, raw.data());
    while (static_cast<std::int64_t>(all.size()) > written) all.pop_back();
    return all;
}

cudnnDataType_t cudnn_type(DataType type) {
    return type == DataType::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

std::optional<std::int64_t> padding_after(std::int64_t src, std::int64_t dst, int window, int stride,
                                          int before) {
    const auto leads_to_dst = [&](std::int64_t after) {
        const std::int64_t room = src + before + after - window;
        return after >= 0 && room >= 0 && room / stride + 1 == dst;
    };
    const std::int64_t least = (dst - 1) * stride + window - src - before;
    if (leads_to_dst(before)) return before;
    if (leads_to_dst(least)) return least;
    return std::nullopt;
}

const BackendDescriptor& Graph::add_tensor(std::int64_t id, const Shape& s, const Format& format,
                                           bool within) {
    BackendDescriptor& tensor = part(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id)
        .set(CUDNN_ATTR_TENSOR_DATA_TYPE, cudnn_type(format.type))
        .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, 64)
        .set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &within)
        .set(CUDNN_ATTR_TENSOR_DIMENSIONS, {s.n, s.c, s.h, s.w});
    // Strides stand in the order of the dimensions, which is NCHW whatever the layout.
    if (format.kind == Layout::Kind::nhwc)
        tensor.set(CUDNN_ATTR_TENSOR_STRIDES, {s.per_image(), 1, s.w * s.c, s.c});
    else
        tensor.set(CUDNN_ATTR_TENSOR_STRIDES, {s.per_image(), s.h * s.w, s.w, 1});
    return tensor.finalize();
}

const BackendDescriptor& Graph::tensor(Operand o, const Shape& shape, const Format& format) {
    return add_tensor(id_of(o), shape, format, false);
}

const BackendDescriptor& Graph::inner(const Shape& shape, const Format& format) {
    return add_tensor(next_inner_++, shape, format, true);
}

BackendDescriptor& Graph::part(cudnnBackendDescriptorType_t type) {
    return parts_.emplace_back(type);
}

BackendDescriptor& Graph::operation(cudnnBackendDescriptorType_t type) {
    BackendDescriptor& added = part(type);
    operations_.push_back(added.raw());
    return added;
}

BackendDescriptor Graph::whole(cudnnHandle_t handle) const {
    BackendDescriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    if (handle != nullptr) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
              static_cast<std::int64_t>(operations_.size()), operations_.data());
    graph.finalize();
    return graph;
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
