// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What descriptors say, read into plain values: tensors, operations, graphs.
#pragma once

#include "tests/kernels/cudnn/stand_in_descriptors.h"

namespace emulsion::stand_in {

using Dims = std::vector<std::int64_t>;

struct Tensor {
    std::int64_t id = 0;
    cudnnDataType_t type{};
    Dims dims, strides;
    std::int64_t alignment = 0;
    bool is_virtual = false;

    std::int64_t count() const;
    /// Bytes from the first element to the end of the last.
    std::size_t extent() const;
};
Tensor tensor_of(const Descriptor&);
bool same_shape(const Tensor& a, const Tensor& b);
std::size_t size_of(cudnnDataType_t);
std::string in_words(const Tensor&);
std::string in_words(const Dims&);

/// Windows of a convolution or a resampling.
struct Window {
    Dims kernel, pre, post, stride, dilation;
};

/// One operation of a graph, with what it reads and what it writes.
struct Operation {
    enum class Kind { forward, backward_data, backward_filter, add, relu, resample } kind{};
    Tensor x, w, y;  ///< of a convolution, whichever of them is the result; y = op(x) or x + w otherwise
    Window window;   ///< of a convolution or a resampling
    bool flipped = false;  ///< CUDNN_CONVOLUTION rather than CUDNN_CROSS_CORRELATION
    cudnnResampleMode_t mode{};
    cudnnPaddingMode_t padding{};
    bool keeps_nan = false;
    double alpha = 1, beta = 0;
    double alpha2 = 1;  ///< of the second source of an addition

    bool convolves() const { return kind <= Kind::backward_filter; }
    std::int64_t groups() const { return x.dims[1] / w.dims[1]; }
    Tensor& result() { return kind == Kind::backward_data ? x : kind == Kind::backward_filter ? w : y; }
    const Tensor& result() const { return const_cast<Operation*>(this)->result(); }
    std::vector<Tensor> sources() const;
};
Operation operation_of(const Descriptor&);
std::string in_words(const Operation&);

/// A graph's operations, in an order in which they can be run.
std::vector<Operation> operations_of(const Descriptor& graph);

/// All tensors of a graph, each once.
std::vector<Tensor> tensors_of(const std::vector<Operation>&);

/// What heuristics name for a graph in a mode; for every mode, if it is null.
std::vector<kernels::tests::StandInEngine> engines_for(const std::vector<Operation>&,
                                                       const cudnnBackendHeurMode_t* mode);

}  // namespace emulsion::stand_in
