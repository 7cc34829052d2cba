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
class BackendDescriptor {
   public:
    BackendDescriptor() = default;
    explicit BackendDescriptor(cudnnBackendDescriptorType_t);
    BackendDescriptor(BackendDescriptor&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, nullptr)) {}
    BackendDescriptor& operator=(BackendDescriptor&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~BackendDescriptor();

    /// `count` values of a type of cuDNN's.
    BackendDescriptor& set(cudnnBackendAttributeName_t, cudnnBackendAttributeType_t, std::int64_t count,
                           const void* values);
    BackendDescriptor& set(cudnnBackendAttributeName_t, std::int64_t);
    BackendDescriptor& set(cudnnBackendAttributeName_t, std::initializer_list<std::int64_t>);
    BackendDescriptor& set(cudnnBackendAttributeName_t, cudnnDataType_t);
    BackendDescriptor& set(cudnnBackendAttributeName_t, const BackendDescriptor&);
    BackendDescriptor& finalize();

    /// How many values an attribute has. Not all attributes tell.
    std::int64_t count(cudnnBackendAttributeName_t, cudnnBackendAttributeType_t) const;
    /// Writes up to `most` of them; answers how many there are.
    std::int64_t get(cudnnBackendAttributeName_t, cudnnBackendAttributeType_t, std::int64_t most,
                     void* values) const;
    /// An attribute that is a descriptor of this type.
    BackendDescriptor get(cudnnBackendAttributeName_t, cudnnBackendDescriptorType_t) const;
    /// Up to `most` of those of an attribute that is a list of descriptors.
    std::vector<BackendDescriptor> list(cudnnBackendAttributeName_t, cudnnBackendDescriptorType_t,
                                        std::int64_t most) const;

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
    const BackendDescriptor& tensor(Operand, const Shape&, const Format&);
    const BackendDescriptor& inner(const Shape&, const Format&);
    /// Something that describes an operation; an operation. The caller sets its attributes and finalizes it.
    BackendDescriptor& part(cudnnBackendDescriptorType_t);
    BackendDescriptor& operation(cudnnBackendDescriptorType_t);

    /// All operations as one; `handle` may be null where the card is named later.
    BackendDescriptor whole(cudnnHandle_t handle) const;

   private:
    const BackendDescriptor& add_tensor(std::int64_t id, const Shape&, const Format&, bool within);

    std::deque<BackendDescriptor> parts_;  // a deque, since others refer to what lies in it
    std::vector<cudnnBackendDescriptor_t> operations_;
    std::int64_t next_inner_ = 1000;
};

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
