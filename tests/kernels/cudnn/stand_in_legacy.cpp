// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the graph API lacks: response normalization across channels, and softmax, with descriptors of their
// own.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/kernels/cudnn/stand_in_evaluate.h"

struct cudnnTensorStruct {
    emulsion::stand_in::Tensor tensor;  ///< without dimensions until it is set
};
struct cudnnLRNStruct {
    unsigned size = 0;  ///< 0 until it is set
    double alpha = 0, beta = 0, k = 0;
};

namespace emulsion::stand_in {
namespace {

Objects<cudnnTensorStruct>& tensors() {
    static Objects<cudnnTensorStruct> all("tensor");
    return all;
}
Objects<cudnnLRNStruct>& normalizations() {
    static Objects<cudnnLRNStruct> all("lrn");
    return all;
}

/// A tensor descriptor, and the memory that goes with it.
struct Operand {
    Tensor tensor;
    void* memory;

    Cells cells() const { return load(tensor, memory); }
    std::size_t at(std::int64_t n, std::int64_t c, std::int64_t place) const {
        const std::int64_t plane = tensor.dims[2] * tensor.dims[3];
        return static_cast<std::size_t>((n * tensor.dims[1] + c) * plane + place);
    }
};

Operand operand(cudnnTensorDescriptor_t descriptor, const void* memory) {
    const Tensor& tensor = tensors().find(descriptor)->tensor;
    require(!tensor.dims.empty(), "a tensor descriptor that was never set");
    require(memory != nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "a null pointer");
    require(reinterpret_cast<std::uintptr_t>(memory) % size_of(tensor.type) == 0,
            CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER, "a pointer that its type does not allow");
    return {tensor, const_cast<void*>(memory)};
}

void check_alike(const Operand& a, const Operand& b) {
    require(a.tensor.dims == b.tensor.dims && a.tensor.type == b.tensor.type,
            CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH,
            in_words(a.tensor) + " and " + in_words(b.tensor) + " are to be alike");
}

/// A result may lie on a source exactly where the function allows it, and nowhere else.
void check_apart(const Operand& result, const Operand& source, bool in_place) {
    const auto* const a = static_cast<const std::byte*>(result.memory);
    const auto* const b = static_cast<const std::byte*>(source.memory);
    require((in_place && a == b) || a + result.tensor.extent() <= b || b + source.tensor.extent() <= a,
            "a result lies on a source");
}

float scale(const void* host) {
    require(host != nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "alpha or beta == nullptr");
    float value = 0;
    std::memcpy(&value, host, sizeof value);
    return value;
}

/// result = alpha * values + beta * result
void blend(const Operand& result, Cells values, float alpha, float beta) {
    const Cells before = beta == 0 ? Cells(values.size(), 0.0) : result.cells();
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = alpha * values[i] + (beta == 0 ? 0 : beta * before[i]);
    store(result.tensor, values, result.memory);
}

std::string in_words(const cudnnLRNStruct& lrn) {
    return std::to_string(lrn.size) + " alpha " + std::to_string(lrn.alpha) + " beta " +
           std::to_string(lrn.beta) + " k " + std::to_string(lrn.k);
}

/// Channels whose window holds a channel, or that a channel's window holds.
struct Span {
    std::int64_t first, last;
};
Span clipped(std::int64_t first, std::int64_t last, std::int64_t channels) {
    return {std::max<std::int64_t>(0, first), std::min(channels - 1, last)};
}

/// k + alpha / size * the sum of squares over a window, of every element.
Cells denominators(const cudnnLRNStruct& lrn, const Operand& x) {
    const Cells cells = x.cells();
    Cells sums(cells.size());
    const std::int64_t before = (lrn.size - 1) / 2, after = lrn.size - 1 - before;
    const Dims& d = x.tensor.dims;
    for (std::int64_t n = 0; n < d[0]; ++n)
        for (std::int64_t c = 0; c < d[1]; ++c)
            for (std::int64_t place = 0; place < d[2] * d[3]; ++place) {
                double sum = 0;
                const Span window = clipped(c - before, c + after, d[1]);
                for (std::int64_t j = window.first; j <= window.last; ++j)
                    sum += cells[x.at(n, j, place)] * cells[x.at(n, j, place)];
                sums[x.at(n, c, place)] = lrn.k + lrn.alpha / lrn.size * sum;
            }
    return sums;
}

Cells normalize(const cudnnLRNStruct& lrn, const Operand& x) {
    Cells cells = x.cells();
    const Cells below = denominators(lrn, x);
    for (std::size_t i = 0; i < cells.size(); ++i) cells[i] /= std::pow(below[i], lrn.beta);
    return cells;
}

Cells normalize_backward(const cudnnLRNStruct& lrn, const Operand& x, const Cells& y, const Cells& dy) {
    const Cells cells = x.cells(), below = denominators(lrn, x);
    Cells gradient(cells.size());
    const std::int64_t before = (lrn.size - 1) / 2, after = lrn.size - 1 - before;
    const Dims& d = x.tensor.dims;
    for (std::int64_t n = 0; n < d[0]; ++n)
        for (std::int64_t c = 0; c < d[1]; ++c)
            for (std::int64_t place = 0; place < d[2] * d[3]; ++place) {
                double sum = 0;
                const Span holders = clipped(c - after, c + before, d[1]);
                for (std::int64_t j = holders.first; j <= holders.last; ++j) {
                    const std::size_t i = x.at(n, j, place);
                    sum += dy[i] * y[i] / below[i];
                }
                const std::size_t i = x.at(n, c, place);
                gradient[i] = dy[i] * std::pow(below[i], -lrn.beta) -
                              2 * lrn.alpha * lrn.beta / lrn.size * cells[i] * sum;
            }
    return gradient;
}

/// Calls visit with the places of the elements that share one softmax.
template <class Visit>
void each_softmax(const Operand& x, cudnnSoftmaxMode_t mode, Visit visit) {
    const Dims& d = x.tensor.dims;
    const std::int64_t plane = d[2] * d[3];
    const std::int64_t groups = mode == CUDNN_SOFTMAX_MODE_CHANNEL ? plane : 1;
    for (std::int64_t n = 0; n < d[0]; ++n)
        for (std::int64_t group = 0; group < groups; ++group) {
            std::vector<std::size_t> places;
            for (std::int64_t c = 0; c < d[1]; ++c)
                for (std::int64_t place = group; place < plane; place += groups)
                    places.push_back(x.at(n, c, place));
            visit(places);
        }
}

Cells softmax(const Operand& x, cudnnSoftmaxMode_t mode) {
    Cells cells = x.cells();
    each_softmax(x, mode, [&](const std::vector<std::size_t>& places) {
        double most = -std::numeric_limits<double>::infinity(), sum = 0;
        for (const std::size_t i : places) most = std::max(most, cells[i]);
        for (const std::size_t i : places) sum += cells[i] = std::exp(cells[i] - most);
        for (const std::size_t i : places) cells[i] /= sum;
    });
    return cells;
}

Cells softmax_backward(const Operand& y, const Cells& dy, cudnnSoftmaxMode_t mode) {
    Cells cells = y.cells();
    each_softmax(y, mode, [&](const std::vector<std::size_t>& places) {
        double sum = 0;
        for (const std::size_t i : places) sum += cells[i] * dy[i];
        for (const std::size_t i : places) cells[i] *= dy[i] - sum;
    });
    return cells;
}

void check_softmax(cudnnSoftmaxAlgorithm_t algorithm, cudnnSoftmaxMode_t mode) {
    require(algorithm == CUDNN_SOFTMAX_ACCURATE, CUDNN_STATUS_NOT_SUPPORTED,
            "the stand-in knows the accurate softmax only");
    require(mode == CUDNN_SOFTMAX_MODE_INSTANCE || mode == CUDNN_SOFTMAX_MODE_CHANNEL, "mode of softmax");
}

const cudnnLRNStruct& set_lrn(cudnnLRNDescriptor_t descriptor, cudnnLRNMode_t mode) {
    const cudnnLRNStruct& lrn = *normalizations().find(descriptor);
    require(lrn.size != 0, "an LRN descriptor that was never set");
    require(mode == CUDNN_LRN_CROSS_CHANNEL_DIM1, "mode of LRN");
    return lrn;
}

}  // namespace
}  // namespace emulsion::stand_in

using namespace emulsion::stand_in;

extern "C" {

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* descriptor) {
    return answer("cudnnCreateTensorDescriptor", [&] {
        require(descriptor != nullptr, "tensorDesc == nullptr");
        *descriptor = tensors().make({});
        log("create tensor descriptor");
    });
}

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t descriptor, cudnnTensorFormat_t format,
                                         cudnnDataType_t type, int n, int c, int h, int w) {
    return answer("cudnnSetTensor4dDescriptor", [&] {
        const auto found = tensors().find(descriptor);
        require(n > 0 && c > 0 && h > 0 && w > 0, "dimensions are above 0");
        require(format == CUDNN_TENSOR_NCHW, CUDNN_STATUS_NOT_SUPPORTED, "the stand-in knows NCHW only");
        const Dims dims{n, c, h, w};
        const double elements = static_cast<double>(n) * c * h * w;
        require(elements < std::numeric_limits<std::int32_t>::max(), CUDNN_STATUS_NOT_SUPPORTED,
                "2^31 elements and more");
        found->tensor = {0,
                         type,
                         dims,
                         {dims[1] * dims[2] * dims[3], dims[2] * dims[3], dims[3], 1},
                         static_cast<std::int64_t>(size_of(type)),
                         false};
    });
}

cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t descriptor) {
    return answer("cudnnDestroyTensorDescriptor", [&] {
        if (descriptor == nullptr) return;  // the real one takes it
        tensors().give_back(descriptor);
        log("destroy tensor descriptor");
    });
}

cudnnStatus_t cudnnCreateLRNDescriptor(cudnnLRNDescriptor_t* descriptor) {
    return answer("cudnnCreateLRNDescriptor", [&] {
        require(descriptor != nullptr, "normDesc == nullptr");
        *descriptor = normalizations().make({});
        log("create LRN descriptor");
    });
}

cudnnStatus_t cudnnSetLRNDescriptor(cudnnLRNDescriptor_t descriptor, unsigned size, double alpha, double beta,
                                    double k) {
    return answer("cudnnSetLRNDescriptor", [&] {
        const auto found = normalizations().find(descriptor);
        require(size >= CUDNN_LRN_MIN_N && size <= CUDNN_LRN_MAX_N, "N is 1 to 16");
        require(beta >= CUDNN_LRN_MIN_BETA, "beta is 0.01 or more");
        require(k >= CUDNN_LRN_MIN_K, "k is 1e-5 or more");
        *found = {size, alpha, beta, k};
    });
}

cudnnStatus_t cudnnDestroyLRNDescriptor(cudnnLRNDescriptor_t descriptor) {
    return answer("cudnnDestroyLRNDescriptor", [&] {
        if (descriptor == nullptr) return;
        normalizations().give_back(descriptor);
        log("destroy LRN descriptor");
    });
}

cudnnStatus_t cudnnLRNCrossChannelForward(cudnnHandle_t handle, cudnnLRNDescriptor_t descriptor,
                                          cudnnLRNMode_t mode, const void* alpha,
                                          const cudnnTensorDescriptor_t x_descriptor, const void* x,
                                          const void* beta, const cudnnTensorDescriptor_t y_descriptor,
                                          void* y) {
    return answer("cudnnLRNCrossChannelForward", [&] {
        const std::string stream = stream_of(handle);
        const cudnnLRNStruct& lrn = set_lrn(descriptor, mode);
        const Operand from = operand(x_descriptor, x), to = operand(y_descriptor, y);
        check_alike(from, to);
        check_apart(to, from, false);
        log("lrn_forward x " + in_words(from.tensor) + " y " + in_words(to.tensor) + " size " +
            in_words(lrn) + "; stream " + stream);
        blend(to, normalize(lrn, from), scale(alpha), scale(beta));
    });
}

cudnnStatus_t cudnnLRNCrossChannelBackward(cudnnHandle_t handle, cudnnLRNDescriptor_t descriptor,
                                           cudnnLRNMode_t mode, const void* alpha,
                                           const cudnnTensorDescriptor_t y_descriptor, const void* y,
                                           const cudnnTensorDescriptor_t dy_descriptor, const void* dy,
                                           const cudnnTensorDescriptor_t x_descriptor, const void* x,
                                           const void* beta, const cudnnTensorDescriptor_t dx_descriptor,
                                           void* dx) {
    return answer("cudnnLRNCrossChannelBackward", [&] {
        const std::string stream = stream_of(handle);
        const cudnnLRNStruct& lrn = set_lrn(descriptor, mode);
        const Operand result = operand(y_descriptor, y), incoming = operand(dy_descriptor, dy);
        const Operand from = operand(x_descriptor, x), to = operand(dx_descriptor, dx);
        for (const Operand* each : {&result, &incoming, &from}) {
            check_alike(*each, to);
            check_apart(to, *each, false);
        }
        log("lrn_backward dx " + in_words(to.tensor) + " size " + in_words(lrn) + "; stream " + stream);
        blend(to, normalize_backward(lrn, from, result.cells(), incoming.cells()), scale(alpha), scale(beta));
    });
}

cudnnStatus_t cudnnSoftmaxForward(cudnnHandle_t handle, cudnnSoftmaxAlgorithm_t algorithm,
                                  cudnnSoftmaxMode_t mode, const void* alpha,
                                  const cudnnTensorDescriptor_t x_descriptor, const void* x, const void* beta,
                                  const cudnnTensorDescriptor_t y_descriptor, void* y) {
    return answer("cudnnSoftmaxForward", [&] {
        const std::string stream = stream_of(handle);
        check_softmax(algorithm, mode);
        const Operand from = operand(x_descriptor, x), to = operand(y_descriptor, y);
        check_alike(from, to);
        check_apart(to, from, true);
        log("softmax_forward x " + in_words(from.tensor) + " mode " + std::to_string(mode) + "; stream " +
            stream);
        blend(to, softmax(from, mode), scale(alpha), scale(beta));
    });
}

cudnnStatus_t cudnnSoftmaxBackward(cudnnHandle_t handle, cudnnSoftmaxAlgorithm_t algorithm,
                                   cudnnSoftmaxMode_t mode, const void* alpha,
                                   const cudnnTensorDescriptor_t y_descriptor, const void* y,
                                   const cudnnTensorDescriptor_t dy_descriptor, const void* dy,
                                   const void* beta, const cudnnTensorDescriptor_t dx_descriptor, void* dx) {
    return answer("cudnnSoftmaxBackward", [&] {
        const std::string stream = stream_of(handle);
        check_softmax(algorithm, mode);
        const Operand result = operand(y_descriptor, y), incoming = operand(dy_descriptor, dy);
        const Operand to = operand(dx_descriptor, dx);
        for (const Operand* each : {&result, &incoming}) {
            check_alike(*each, to);
            check_apart(to, *each, true);
        }
        log("softmax_backward y " + in_words(result.tensor) + " mode " + std::to_string(mode) + "; stream " +
            stream);
        blend(to, softmax_backward(result, incoming.cells(), mode), scale(alpha), scale(beta));
    });
}

}  // extern "C"
