// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// cuDNN's graph API: an operation is a graph of descriptors, and cuDNN's heuristics name engines that run it.
// https://docs.nvidia.com/deeplearning/cudnn/backend/latest/api/cudnn-graph-library.html
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/cudnn/api.h"
#include "kernels/kernels.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {

/// A descriptor of the graph API, given back at its end. Setters throw KernelError where cuDNN refuses.
class Descriptor {
   public:
    Descriptor() = default;
    explicit Descriptor(cudnnBackendDescriptorType_t);
    Descriptor(Descriptor&&) noexcept;
    Descriptor& operator=(Descriptor&&) noexcept;
    ~Descriptor();

    Descriptor& set(cudnnBackendAttributeName_t, std::int64_t);
    Descriptor& set(cudnnBackendAttributeName_t, std::initializer_list<std::int64_t>);
    Descriptor& set(cudnnBackendAttributeName_t, float);
    Descriptor& set(cudnnBackendAttributeName_t, bool);
    Descriptor& set(cudnnBackendAttributeName_t, cudnnDataType_t);
    Descriptor& set(cudnnBackendAttributeName_t, const Descriptor&);
    Descriptor& set(cudnnBackendAttributeName_t, cudnnBackendAttributeType_t, std::int64_t count,
                    const void*);
    Descriptor& finalize();

    cudnnBackendDescriptor_t get() const { return descriptor_; }
    explicit operator bool() const { return descriptor_ != nullptr; }

   private:
    cudnnBackendDescriptor_t descriptor_ = nullptr;
};

/// What plans are made for: the card of a handle; or one that is described (cudnnBackendDescriptor of type
/// DEVICEPROP, cuDNN 9.8 and later), which need not be there.
struct Target {
    cudnnHandle_t handle = nullptr;
    const Descriptor* card = nullptr;
};

/// How elements lie and of what type they are.
struct Format {
    Layout::Kind kind = Layout::Kind::nchw;
    DataType type = DataType::f32;
};

/// The tensors of a graph are known by what they are to the operation.
constexpr std::int64_t id_of(Operand o) {
    return static_cast<std::int64_t>(o) + 1;
}

/// A graph that is complete but for the card. What its parts refer to stays with it.
class Graph {
   public:
    /// A tensor with memory of its own (id_of(operand)), aligned to 64 bytes; or one that lives within the
    /// graph alone.
    const Descriptor& tensor(Operand, const Shape&, const Format&);
    const Descriptor& inner(const Shape&, const Format&);
    /// A part that is not an operation (the attributes of a convolution), or one that is; to be finalized.
    Descriptor& part(cudnnBackendDescriptorType_t);
    Descriptor& operation(cudnnBackendDescriptorType_t);

    /// All operations as one finalized descriptor.
    Descriptor finish(const Target&) const;

   private:
    const Descriptor& add_tensor(std::int64_t id, const Shape&, const Format&, bool inner);

    std::vector<std::unique_ptr<Descriptor>> parts_;
    std::vector<cudnnBackendDescriptor_t> operations_;
    std::int64_t inner_ids_ = 1000;
};

/// What engines may do to numbers, and take.
struct Demands {
    Precision precision = Precision::fp32;
    bool winograd = false;  ///< only Winograd's and Fourier's ways; otherwise none of them
    std::size_t workspace_bytes = ~std::size_t{0};
};

/// An engine with its settings, ready to run a graph.
struct Engine {
    Descriptor plan;
    std::size_t workspace_bytes = 0;
    std::string name;  ///< "engine 67, knobs 2=3 5=1"
};

/// The engine that comes at place `rank` (from 0) among those that cuDNN's heuristics name for the graph and
/// that meet the demands; none if there are fewer. Deterministic engines alone.
std::optional<Engine> choose_engine(const Graph&, const Target&, const Demands&, int rank);

/// Asks for one run on the handle's stream: an address for each operand of the graph.
void execute(cudnnHandle_t, const Engine&, std::initializer_list<std::pair<Operand, const void*>>,
             void* workspace);

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
