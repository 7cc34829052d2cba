// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/cudnn/backend.h"

#include <dlfcn.h>

#include <utility>

#include "tests/kernels/cudnn/library.h"

namespace emulsion::kernels::tests {

Functions::Functions(const std::function<void*(const char*)>& symbol) {
    const auto find = [&]<class F>(F*& function, const char* name) {
        function = reinterpret_cast<F*>(symbol(name));
    };
    find(last_error, "cudnnGetLastErrorString");
    find(create_handle, "cudnnCreate");
    find(destroy_handle, "cudnnDestroy");
    find(set_stream, "cudnnSetStream");
    find(create, "cudnnBackendCreateDescriptor");
    find(destroy, "cudnnBackendDestroyDescriptor");
    find(set, "cudnnBackendSetAttribute");
    find(get, "cudnnBackendGetAttribute");
    find(finalize, "cudnnBackendFinalize");
    find(execute, "cudnnBackendExecute");
    find(create_tensor, "cudnnCreateTensorDescriptor");
    find(set_tensor, "cudnnSetTensor4dDescriptor");
    find(destroy_tensor, "cudnnDestroyTensorDescriptor");
    find(create_lrn, "cudnnCreateLRNDescriptor");
    find(set_lrn, "cudnnSetLRNDescriptor");
    find(destroy_lrn, "cudnnDestroyLRNDescriptor");
    find(lrn_forward, "cudnnLRNCrossChannelForward");
    find(lrn_backward, "cudnnLRNCrossChannelBackward");
    find(softmax_forward, "cudnnSoftmaxForward");
    find(softmax_backward, "cudnnSoftmaxBackward");
}

const Functions& stand_in_functions() {
    static const Functions only(stand_in_symbol);
    return only;
}

const Functions* real_functions() {
    static void* const library = [] {
        void* const found = dlopen("libcudnn.so.9", RTLD_NOW | RTLD_LOCAL);
        return found != nullptr ? found : dlopen(EMULSION_CUDNN_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    }();
    if (library == nullptr) return nullptr;
    static const Functions only([](const char* name) { return dlsym(library, name); });
    return &only;
}

Node::Node(const Functions& library, cudnnBackendDescriptorType_t type) : library_(&library) {
    note(library.create(type, &raw_));
}

Node::Node(Node&& other) noexcept
    : library_(other.library_), raw_(std::exchange(other.raw_, nullptr)), status_(other.status_) {}

Node::~Node() {
    if (raw_ != nullptr) library_->destroy(raw_);
}

Node& Node::note(cudnnStatus_t status) {
    if (status_ == CUDNN_STATUS_SUCCESS) status_ = status;
    return *this;
}

Node& Node::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
                const void* values) {
    return note(library_->set(raw_, name, type, count, values));
}

Node& Node::set(cudnnBackendAttributeName_t name, const Numbers& numbers) {
    if (numbers.empty()) return *this;
    return set(name, CUDNN_TYPE_INT64, static_cast<std::int64_t>(numbers.size()), numbers.data());
}

Node& Node::set(cudnnBackendAttributeName_t name, const Node& other) {
    note(other.status_);
    return set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, other.raw_);
}

Node& Node::set(cudnnBackendAttributeName_t name, const std::vector<const Node*>& others) {
    std::vector<cudnnBackendDescriptor_t> raw;
    for (const Node* each : others) {
        note(each->status_);
        raw.push_back(each->raw_);
    }
    return set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, static_cast<std::int64_t>(raw.size()), raw.data());
}

Node& Node::finalize() {
    return note(library_->finalize(raw_));
}

std::int64_t Node::number(cudnnBackendAttributeName_t name) const {
    std::int64_t value = -1, count = 0;
    const cudnnStatus_t status = library_->get(raw_, name, CUDNN_TYPE_INT64, 1, &count, &value);
    return status == CUDNN_STATUS_SUCCESS && count == 1 ? value : -1;
}

Numbers nchw_strides(const Numbers& d) {
    return {d[1] * d[2] * d[3], d[2] * d[3], d[3], 1};
}
Numbers nhwc_strides(const Numbers& d) {
    return {d[1] * d[2] * d[3], 1, d[3] * d[1], d[1]};
}

Node tensor(const Functions& library, const TensorWords& words) {
    Node node(library, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    node.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, words.type)
        .set(CUDNN_ATTR_TENSOR_DIMENSIONS, words.dims)
        .set(CUDNN_ATTR_TENSOR_STRIDES, words.strides)
        .set(CUDNN_ATTR_TENSOR_UNIQUE_ID, words.id)
        .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, words.alignment);
    if (words.is_virtual) node.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, true);
    node.finalize();
    return node;
}

Node tensor(const Functions& library, std::int64_t id, const Numbers& dims, bool is_virtual,
            cudnnDataType_t type) {
    return tensor(library, TensorWords{{id}, dims, nchw_strides(dims), {16}, type, is_virtual});
}

Node convolution(const Functions& library, const WindowWords& words) {
    Node node(library, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    node.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT)
        .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, words.mode)
        .set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, words.spatial)
        .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, words.dilation)
        .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, words.stride)
        .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, words.pre)
        .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, words.post)
        .finalize();
    return node;
}

Node convolution_operation(Pass pass, const Node& how, const Node& x, const Node& w, const Node& y,
                           float alpha, float beta) {
    constexpr cudnnBackendDescriptorType_t types[] = {
        CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
        CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
        CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR};
    using Name = cudnnBackendAttributeName_t;
    constexpr Name names[][6] = {
        {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
        {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
        {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA}};
    const auto& name = names[static_cast<int>(pass)];
    Node node(how.library(), types[static_cast<int>(pass)]);
    node.set(name[0], how)
        .set(name[1], x)
        .set(name[2], w)
        .set(name[3], y)
        .set(name[4], CUDNN_TYPE_FLOAT, alpha)
        .set(name[5], CUDNN_TYPE_FLOAT, beta)
        .finalize();
    return node;
}

Node pointwise_operation(const Node& x, const Node* b, const Node& y) {
    Node how(x.library(), CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    how.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE,
            b != nullptr ? CUDNN_POINTWISE_ADD : CUDNN_POINTWISE_RELU_FWD)
        .set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT)
        .finalize();
    Node node(x.library(), CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    node.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, how)
        .set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x)
        .set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
    if (b != nullptr) node.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b);
    node.finalize();
    return node;
}

Node pool_operation(cudnnResampleMode_t mode, cudnnPaddingMode_t padding, const WindowWords& words,
                    const Node& x, const Node& y) {
    Node how(x.library(), CUDNN_BACKEND_RESAMPLE_DESCRIPTOR);
    how.set(CUDNN_ATTR_RESAMPLE_MODE, CUDNN_TYPE_RESAMPLE_MODE, mode)
        .set(CUDNN_ATTR_RESAMPLE_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT)
        .set(CUDNN_ATTR_RESAMPLE_NAN_PROPAGATION, CUDNN_TYPE_NAN_PROPOGATION, CUDNN_PROPAGATE_NAN)
        .set(CUDNN_ATTR_RESAMPLE_PADDING_MODE, CUDNN_TYPE_PADDING_MODE, padding)
        .set(CUDNN_ATTR_RESAMPLE_SPATIAL_DIMS, words.spatial)
        .set(CUDNN_ATTR_RESAMPLE_WINDOW_DIMS, words.kernel)
        .set(CUDNN_ATTR_RESAMPLE_STRIDES, words.stride)
        .set(CUDNN_ATTR_RESAMPLE_PRE_PADDINGS, words.pre)
        .set(CUDNN_ATTR_RESAMPLE_POST_PADDINGS, words.post)
        .finalize();
    Node node(x.library(), CUDNN_BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR);
    node.set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_XDESC, x)
        .set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_YDESC, y)
        .set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_DESC, how)
        .finalize();
    return node;
}

Node graph(const std::vector<const Node*>& operations) {
    Node node(operations.front()->library(), CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    node.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations).finalize();
    return node;
}

std::vector<Node> configurations(const Node& graph, cudnnBackendHeurMode_t mode) {
    const Node card = described_card(graph.library());
    Node heuristics(graph.library(), CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph)
        .set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode)
        .set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, card)
        .finalize();
    std::vector<Node> found;
    std::vector<cudnnBackendDescriptor_t> raw;
    std::int64_t count = 0;
    if (heuristics.status() != CUDNN_STATUS_SUCCESS) return found;
    graph.library().get(heuristics.raw(), CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0,
                        &count, nullptr);
    for (std::int64_t i = 0; i < count; ++i)
        raw.push_back(found.emplace_back(graph.library(), CUDNN_BACKEND_ENGINECFG_DESCRIPTOR).raw());
    graph.library().get(heuristics.raw(), CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, count,
                        &count, raw.data());
    while (static_cast<std::int64_t>(found.size()) > count) found.pop_back();
    return found;
}

Node engine(const Node& graph, std::int64_t index) {
    const Node card = described_card(graph.library());
    Node node(graph.library(), CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    node.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph)
        .set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, Numbers{index})
        .set(CUDNN_ATTR_ENGINE_DEVICEPROP, card)
        .finalize();
    return node;
}

Node plan(const Node& graph, std::int64_t index) {
    const Node it = engine(graph, index);
    Node settings(graph.library(), CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    settings.set(CUDNN_ATTR_ENGINECFG_ENGINE, it).finalize();
    Node node(graph.library(), CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    node.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, settings).finalize();
    return node;
}

Node pack(const Functions& library, const std::map<std::int64_t, void*>& tensors, void* workspace) {
    Numbers ids;
    std::vector<void*> pointers;
    for (const auto& [id, pointer] : tensors) {
        ids.push_back(id);
        pointers.push_back(pointer);
    }
    Node node(library, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    node.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids)
        .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR,
             static_cast<std::int64_t>(pointers.size()), pointers.data())
        .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, workspace)
        .finalize();
    return node;
}

Node described_card(const Functions& library) {
    static const std::string words =
        R"({"maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],"regsPerBlock":65536,)"
        R"("multiProcessorCount":132,"warpSize":32,"maxSharedMemoryPerBlock":49152,)"
        R"("maxSharedMemoryPerBlockOptin":232448,"reservedSharedMemoryPerBlock":1024,)"
        R"("maxRegistersPerSM":65536,"maxCtasPerSM":32,"maxThreadsPerBlock":1024,"maxThreadsPerSM":2048,)"
        R"("pciDeviceId":0,"isTccDriver":0,"supportCoopLaunch":1,"totalGlobalMem":85899345920,)"
        R"("smClockRateKHz":1980000,"memClockRateKHz":2619000,"l2CacheSize":52428800,"cudaDeviceId":0,)"
        R"("deviceVer":900,"driverVer":13000,"deviceName":"NVIDIA H100 80GB HBM3"})";
    Node node(library, CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
    node.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
             static_cast<std::int64_t>(words.size()) + 1, words.c_str())
        .finalize();
    return node;
}

}  // namespace emulsion::kernels::tests
