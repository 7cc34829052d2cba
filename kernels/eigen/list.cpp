// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The table of this folder: one implementation for every operation there is.
#include <Eigen/Core>

#include "kernels/eigen/operations.h"

namespace emulsion::kernels {
namespace {

struct Entry {
    OpKind kind;
    Implementation (*make)();
};

constexpr Entry table[] = {
    {OpKind::conv_forward, eigen::convolution_forward},
    {OpKind::conv_backward_data, eigen::convolution_backward_data},
    {OpKind::conv_backward_weights, eigen::convolution_backward_weights},
    {OpKind::fc_forward, eigen::fully_connected_forward},
    {OpKind::fc_backward_data, eigen::fully_connected_backward_data},
    {OpKind::fc_backward_weights, eigen::fully_connected_backward_weights},
    {OpKind::relu_forward, eigen::relu_forward},
    {OpKind::relu_backward, eigen::relu_backward},
    {OpKind::lrn_forward, eigen::lrn_forward},
    {OpKind::lrn_backward, eigen::lrn_backward},
    {OpKind::pool_forward, eigen::pool_forward},
    {OpKind::pool_backward, eigen::pool_backward},
    {OpKind::dropout_forward, eigen::dropout},
    {OpKind::dropout_backward, eigen::dropout},
    {OpKind::softmax_forward, eigen::softmax_forward},
    {OpKind::softmax_backward, eigen::softmax_backward},
    {OpKind::loss_forward, eigen::loss_forward},
    {OpKind::loss_backward, eigen::loss_backward},
    {OpKind::concat_forward, eigen::concat_forward},
    {OpKind::concat_backward, eigen::concat_backward},
    {OpKind::add, eigen::add},
    {OpKind::square_sum, eigen::square_sum},
    {OpKind::sgd_update, eigen::sgd_update},
    {OpKind::prepare_input, eigen::prepare_input},
    {OpKind::reorder, eigen::reorder},
};
static_assert(std::size(table) == op_kind_count);

}  // namespace

void append_eigen(OpKind kind, std::vector<Implementation>& list) {
    for (const Entry& entry : table)
        if (entry.kind == kind) list.push_back(entry.make());
}

Component eigen_component() {
    return {"Eigen",
            std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
                std::to_string(EIGEN_MINOR_VERSION),
            true};
}

}  // namespace emulsion::kernels
