// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A convolution's shapes in oneDNN's words, shared by forward and backward.
#pragma once

#include <dnnl.hpp>
#include <optional>

#include "kernels/kernels.h"

namespace emulsion::kernels::onednn {

struct Geometry {
    Geometry(const Convolution&, std::int64_t images);

    dnnl::memory::dims src, weights, dst, strides, pad_begin, pad_end;
    dnnl::memory::desc bias;           ///< empty where there is none
    dnnl::memory::desc plain_weights;  ///< as the file has them, fp32
};

/// Fewer channels than this cannot fill a vector: better read plain than padded or interleaved.
inline constexpr std::int64_t few_channels = 4;

/// The plain algorithm, unless the caller asks for Winograd's, which rounds more and is a way of its own.
inline constexpr auto convolution_algorithm = dnnl::algorithm::convolution_direct;

/// The forward primitive with any layouts, which oneDNN asks for as a hint when it looks for a backward one.
dnnl::convolution_forward::primitive_desc forward_hint(const Geometry&, dnnl::memory::data_type,
                                                       dnnl::algorithm = convolution_algorithm);

/// The gradient of the weights, in fp32 whatever the values are in.
dnnl::convolution_backward_weights::primitive_desc weight_gradient(const Geometry&, dnnl::memory::data_type,
                                                                   dnnl::algorithm = convolution_algorithm);

}  // namespace emulsion::kernels::onednn
