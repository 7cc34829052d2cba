// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// cuDNN's graph API: an operation is a graph of descriptors, which engines can run (engine.h).
// https://docs.nvidia.com/deeplearning/cudnn/backend/latest/api/cudnn-graph-library.html
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/cudnn/api.h"
#include "kernels/kernels.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {

/// A descriptor of the graph API, given back at its end. Throws Refusal or KernelError where cuDNN does not
/// take what it is told.
class Descriptor {
   public:
    Descriptor() = default;
    explicit Descriptor(cudnnBackendDescriptorType_t);
    Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, nullptr)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~Descriptor();

    /// `count` values of a type of cuDNN's.
    Descriptor& set(cudnnBackendAttributeName_t, cudnnBackendAttributeType_t, std::int64_t count,
                    const void* values);
    Descriptor& set(cudnnBackendAttributeName_t, std::int64_t);
    Descriptor& set(cudnnBackendAttributeName_t, std::initializer_list<std::int64_t>);
    Descriptor& set(cudnnBackendAttributeName_t, cudnnDataType_t);
    Descriptor& set(cudnnBackendAttributeName_t, const Descriptor&);
    Descriptor& finalize();

    /// How many values an attribute has.
    std::int64_t count(cudnnBackendAttributeName_t, cudnnBackendAttributeType_t) const;
    /// Writes up to `most` of them; answers how many there are.
    std::int64_t get(cudnnBackendAttributeName_t, cudnnBackendAttributeType_t, std::int64_t most,
                     void* values) const;
    /// An attribute that is a descriptor of this type.
    Descriptor get(cudnnBackendAttributeName_t, cudnnBackendDescriptorType_t) const;
    /// Those of an attribute that is a list of descriptors.
    std::vector<Descriptor> list(cudnnBackendAttributeName_t, cudnnBackendDescriptorType_t) const;

    cudnnBackendDescriptor_t raw() const { return descriptor_; }

   private:
    cudnnBackendDescriptor_t descriptor_ = nullptr;
};

/// How the elements of a tensor lie, and of what type they are.
struct Format {
    Layout::Kind kind = Layout::Kind::nchw;
    DataType type = DataType::f32;

    Layout layout(const Shape& shape) const {
        return {kind, type, static_cast<std::size_t>(shape.count()) * size_of(type), nullptr};
    }
};

/// cuDNN's word for f32 and bf16.
cudnnDataType_t cudnn_type(DataType);

/// The padding after an extent that leads to dst by cuDNN's rule for sizes,
/// floor((src + before + after - window) / stride) + 1; the one before it again wherever that does, since
/// more engines take that. None where no padding does.
std::optional<std::int64_t> padding_after(std::int64_t src, std::int64_t dst, int window, int stride,
                                          int before);

/// By which number a graph knows the tensor that plays this role.
constexpr std::int64_t id_of(Operand o) {
    return static_cast<std::int64_t>(o) + 1;
}

/// Operations, the tensors between them, and what describes them: a graph that lacks only the card.
class Graph {
   public:
    /// A tensor with memory of its own, aligned to 64 bytes; or one within the graph, which has none.
    const Descriptor& tensor(Operand, const Shape&, const Format&);
    const Descriptor& inner(const Shape&, const Format&);
    /// Something that describes an operation; an operation. The caller sets its attributes and finalizes it.
    Descriptor& part(cudnnBackendDescriptorType_t);
    Descriptor& operation(cudnnBackendDescriptorType_t);

    /// All operations as one; `handle` may be null where the card is named later.
    Descriptor whole(cudnnHandle_t handle) const;

   private:
    const Descriptor& add_tensor(std::int64_t id, const Shape&, const Format&, bool within);

    std::deque<Descriptor> parts_;  // a deque, since others refer to what lies in it
    std::vector<cudnnBackendDescriptor_t> operations_;
    std::int64_t next_inner_ = 1000;
};

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
