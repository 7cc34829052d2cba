// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/pool.h"

#include <array>

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {
namespace {

using Fractions = std::array<cudnnFraction_t, 2>;

/// Windows, strides and paddings are fractions here, since resampling knows others than whole ones.
BackendDescriptor& set_fractions(BackendDescriptor& descriptor, cudnnBackendAttributeName_t name,
                                 std::int64_t down, std::int64_t right) {
    const Fractions fractions{{{down, 1}, {right, 1}}};
    return descriptor.set(name, CUDNN_TYPE_FRACTION, 2, fractions.data());
}

cudnnResampleMode_t mode_of(Pool::Mode mode) {
    if (mode == Pool::Mode::maximum) return CUDNN_RESAMPLE_MAXPOOL;
    return mode == Pool::Mode::average_padded ? CUDNN_RESAMPLE_AVGPOOL_INCLUDE_PADDING
                                              : CUDNN_RESAMPLE_AVGPOOL_EXCLUDE_PADDING;
}

}  // namespace

std::optional<Graph> pool_graph(const Pool& p) {
    const auto below = padding_after(p.src.h, p.dst.h, p.kernel_h, p.stride_h, p.pad_h);
    const auto right = padding_after(p.src.w, p.dst.w, p.kernel_w, p.stride_w, p.pad_w);
    if (!below || !right) return std::nullopt;
    const bool beyond = *below > p.pad_h || *right > p.pad_w;
    if (p.mode == Pool::Mode::average_padded && beyond) return std::nullopt;

    Graph graph;
    const cudnnResampleMode_t mode = mode_of(p.mode);
    const cudnnPaddingMode_t padding = p.mode == Pool::Mode::maximum ? CUDNN_NEG_INF_PAD : CUDNN_ZERO_PAD;
    const cudnnNanPropagation_t nan = CUDNN_PROPAGATE_NAN;
    BackendDescriptor& how =
        graph.part(CUDNN_BACKEND_RESAMPLE_DESCRIPTOR)
            .set(CUDNN_ATTR_RESAMPLE_MODE, CUDNN_TYPE_RESAMPLE_MODE, 1, &mode)
            .set(CUDNN_ATTR_RESAMPLE_COMP_TYPE, CUDNN_DATA_FLOAT)
            .set(CUDNN_ATTR_RESAMPLE_NAN_PROPAGATION, CUDNN_TYPE_NAN_PROPOGATION, 1, &nan)
            .set(CUDNN_ATTR_RESAMPLE_PADDING_MODE, CUDNN_TYPE_PADDING_MODE, 1, &padding)
            .set(CUDNN_ATTR_RESAMPLE_SPATIAL_DIMS, 2);
    set_fractions(how, CUDNN_ATTR_RESAMPLE_WINDOW_DIMS, p.kernel_h, p.kernel_w);
    set_fractions(how, CUDNN_ATTR_RESAMPLE_STRIDES, p.stride_h, p.stride_w);
    set_fractions(how, CUDNN_ATTR_RESAMPLE_PRE_PADDINGS, p.pad_h, p.pad_w);
    set_fractions(how, CUDNN_ATTR_RESAMPLE_POST_PADDINGS, *below, *right).finalize();
    const BackendDescriptor& src = graph.tensor(Operand::src, p.src, {});
    const BackendDescriptor& dst = graph.tensor(Operand::dst, p.dst, {});
    graph.operation(CUDNN_BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR)
        .set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_XDESC, src)
        .set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_YDESC, dst)
        .set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_DESC, how)
        .finalize();
    return graph;
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
