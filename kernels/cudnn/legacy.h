// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Descriptors of cuDNN's older interface, which has operations that the graph API lacks.
#pragma once

#include "kernels/cudnn/api.h"
#include "kernels/kernels.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {

/// A tensor of plain f32.
class TensorDescriptor {
   public:
    explicit TensorDescriptor(const Shape& s) {
        check(api().CreateTensorDescriptor(&descriptor_), "cudnnCreateTensorDescriptor");
        // What the constructor throws, its destructor does not give back.
        try {
            const auto i = [](std::int64_t extent) { return static_cast<int>(extent); };
            check(api().SetTensor4dDescriptor(descriptor_, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, i(s.n),
                                              i(s.c), i(s.h), i(s.w)),
                  "cudnnSetTensor4dDescriptor");
        } catch (...) {
            api().DestroyTensorDescriptor(descriptor_);
            throw;
        }
    }
    TensorDescriptor(const TensorDescriptor&) = delete;
    TensorDescriptor& operator=(const TensorDescriptor&) = delete;
    ~TensorDescriptor() { api().DestroyTensorDescriptor(descriptor_); }

    cudnnTensorDescriptor_t get() const { return descriptor_; }

   private:
    cudnnTensorDescriptor_t descriptor_ = nullptr;
};

/// The factors of result = 1 * computed + 0 * result.
inline constexpr float one = 1, none = 0;

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
