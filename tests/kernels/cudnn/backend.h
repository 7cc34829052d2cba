// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Graphs of cuDNN made by hand, on the stand-in or on the real library: for tests of the stand-in itself,
// which know nothing of kernels/cudnn.
#pragma once

#include <cudnn.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace emulsion::kernels::tests {

/// The functions of one library.
struct Functions {
    explicit Functions(const std::function<void*(const char*)>& symbol);

    decltype(&::cudnnGetLastErrorString) last_error;
    decltype(&::cudnnCreate) create_handle;
    decltype(&::cudnnDestroy) destroy_handle;
    decltype(&::cudnnSetStream) set_stream;
    decltype(&::cudnnBackendCreateDescriptor) create;
    decltype(&::cudnnBackendDestroyDescriptor) destroy;
    decltype(&::cudnnBackendSetAttribute) set;
    decltype(&::cudnnBackendGetAttribute) get;
    decltype(&::cudnnBackendFinalize) finalize;
    decltype(&::cudnnBackendExecute) execute;
    decltype(&::cudnnCreateTensorDescriptor) create_tensor;
    decltype(&::cudnnSetTensor4dDescriptor) set_tensor;
    decltype(&::cudnnDestroyTensorDescriptor) destroy_tensor;
    decltype(&::cudnnCreateLRNDescriptor) create_lrn;
    decltype(&::cudnnSetLRNDescriptor) set_lrn;
    decltype(&::cudnnDestroyLRNDescriptor) destroy_lrn;
    decltype(&::cudnnLRNCrossChannelForward) lrn_forward;
    decltype(&::cudnnLRNCrossChannelBackward) lrn_backward;
    decltype(&::cudnnSoftmaxForward) softmax_forward;
    decltype(&::cudnnSoftmaxBackward) softmax_backward;
};

/// The stand-in's; and the real library's, or null where it is not.
const Functions& stand_in_functions();
const Functions* real_functions();

using Numbers = std::vector<std::int64_t>;

/// One descriptor. What it answers is kept: the first refusal of a chain of calls.
class Node {
   public:
    Node(const Functions& library, cudnnBackendDescriptorType_t type);
    Node(Node&&) noexcept;
    Node& operator=(Node&&) = delete;
    ~Node();

    Node& set(cudnnBackendAttributeName_t, cudnnBackendAttributeType_t, std::int64_t count, const void*);
    Node& set(cudnnBackendAttributeName_t, const Numbers&);
    Node& set(cudnnBackendAttributeName_t, const Node&);
    Node& set(cudnnBackendAttributeName_t, const std::vector<const Node*>&);
    /// An enumerator, a float, a bool, ...
    template <class T>
    Node& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, T value) {
        return set(name, type, 1, &value);
    }
    Node& finalize();

    std::int64_t number(cudnnBackendAttributeName_t) const;
    cudnnStatus_t status() const { return status_; }
    cudnnBackendDescriptor_t raw() const { return raw_; }
    const Functions& library() const { return *library_; }

   private:
    Node& note(cudnnStatus_t);

    const Functions* library_;
    cudnnBackendDescriptor_t raw_ = nullptr;
    cudnnStatus_t status_ = CUDNN_STATUS_SUCCESS;
};

/// What a tensor is told; absent numbers are left out.
struct TensorWords {
    Numbers id{1}, dims, strides, alignment{16};
    cudnnDataType_t type = CUDNN_DATA_FLOAT;
    bool is_virtual = false;
};
Numbers nchw_strides(const Numbers& dims);
Numbers nhwc_strides(const Numbers& dims);
Node tensor(const Functions&, const TensorWords&);
/// Plain NCHW.
Node tensor(const Functions&, std::int64_t id, const Numbers& dims, bool is_virtual = false,
            cudnnDataType_t = CUDNN_DATA_FLOAT);

struct WindowWords {
    Numbers kernel{3, 3}, stride{1, 1}, pre{1, 1}, post{1, 1}, dilation{1, 1}, spatial{2};
    cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
};
Node convolution(const Functions&, const WindowWords&);

enum class Pass { forward, data, filter };
Node convolution_operation(Pass, const Node& how, const Node& x, const Node& w, const Node& y,
                           float alpha = 1, float beta = 0);
/// y = x + b, or relu(x) where b is null.
Node pointwise_operation(const Node& x, const Node* b, const Node& y);
Node pool_operation(cudnnResampleMode_t, cudnnPaddingMode_t, const WindowWords&, const Node& x,
                    const Node& y);
Node graph(const std::vector<const Node*>& operations);

/// What heuristics name for a graph, without a handle.
std::vector<Node> configurations(const Node& graph, cudnnBackendHeurMode_t);
Node engine(const Node& graph, std::int64_t index);
/// A plan of the engine of that index.
Node plan(const Node& graph, std::int64_t index);
Node pack(const Functions&, const std::map<std::int64_t, void*>& tensors, void* workspace);

/// A description of an H100, which the real library plans for without one.
Node described_card(const Functions&);

}  // namespace emulsion::kernels::tests
