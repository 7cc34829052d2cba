// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/kernels.h"

namespace emulsion::kernels {

const char* name(DeviceKind kind) {
    constexpr const char* names[] = {"cpu", "cuda", "emulated"};
    return names[static_cast<int>(kind)];
}

const char* name(DataType type) {
    constexpr const char* names[] = {"f32", "bf16", "u8", "i32", "f64"};
    return names[static_cast<int>(type)];
}

const char* name(Precision precision) {
    constexpr const char* names[] = {"fp32", "tf32", "3xtf32", "bf16"};
    return names[static_cast<int>(precision)];
}

const char* name(OpKind kind) {
    constexpr const char* names[] = {"conv_forward",     "conv_backward_data", "conv_backward_weights",
                                     "fc_forward",       "fc_backward_data",   "fc_backward_weights",
                                     "relu_forward",     "relu_backward",      "lrn_forward",
                                     "lrn_backward",     "pool_forward",       "pool_backward",
                                     "dropout_forward",  "dropout_backward",   "softmax_forward",
                                     "softmax_backward", "loss_forward",       "loss_backward",
                                     "concat_forward",   "concat_backward",    "add",
                                     "square_sum",       "sgd_update",         "prepare_input",
                                     "reorder"};
    static_assert(std::size(names) == op_kind_count);
    return names[static_cast<int>(kind)];
}

const char* name(Operand operand) {
    constexpr const char* names[] = {"src",      "src2",     "weights",      "bias",      "dst",    "saved",
                                     "diff_src", "diff_dst", "diff_weights", "diff_bias", "labels", "loss",
                                     "counter",  "momentum", "rates",        "photos",    "crops",  "mean"};
    static_assert(std::size(names) == operand_count);
    return names[static_cast<int>(operand)];
}

std::size_t size_of(DataType type) {
    constexpr std::size_t sizes[] = {4, 2, 1, 4, 8};
    return sizes[static_cast<int>(type)];
}

bool Layout::operator==(const Layout& other) const {
    if (kind != other.kind || type != other.type || bytes != other.bytes) return false;
    if (kind != Kind::opaque || opaque == other.opaque) return true;
    return opaque && other.opaque && opaque->equals(*other.opaque);
}

std::string Layout::name() const {
    if (kind == Kind::opaque) return opaque->name();
    std::string text = kind == Kind::nchw ? "nchw" : "nhwc";
    if (type != DataType::f32) text += std::string(":") + kernels::name(type);
    return text;
}

Layout plain_layout(std::int64_t count, DataType type) {
    return {Layout::Kind::nchw, type, static_cast<std::size_t>(count) * size_of(type), nullptr};
}

void Plan::pack(const float*, void*, void*, const Stream&) const {
    throw KernelError("a plan that packs nothing was asked to pack");
}

}  // namespace emulsion::kernels
