// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Nets, layers of both syntaxes, solvers and blobs. The numbers are Caffe's and fixed for good.
#include "engine/formats/caffe_schema.h"

#include <vector>

#include "engine/formats/caffe_schema_fields.h"

namespace emulsion::formats::caffe {
namespace {

constexpr Choice phases[] = {{0, "TRAIN"}, {1, "TEST"}};
constexpr Choice share_modes[] = {{0, "STRICT"}, {1, "PERMISSIVE"}};

constexpr FieldType blob_fields[] = {
    nested(7, "shape", blob_shape),
    packed(real(5, "data")),
    packed(real(6, "diff")),
    packed({.number = 8, .name = "double_data", .kind = FieldKind::float64}),
    packed({.number = 9, .name = "double_diff", .kind = FieldKind::float64}),
    integer(1, "num"),
    integer(2, "channels"),
    integer(3, "height"),
    integer(4, "width"),
};
constexpr MessageType blob{"BlobProto", blob_fields};

constexpr FieldType state_fields[] = {choice(1, "phase", phases), integer(2, "level"),
                                      many(text(3, "stage"))};
constexpr MessageType state{"NetState", state_fields};

constexpr FieldType rule_fields[] = {choice(1, "phase", phases), integer(2, "min_level"),
                                     integer(3, "max_level"), many(text(4, "stage")),
                                     many(text(5, "not_stage"))};
constexpr MessageType rule{"NetStateRule", rule_fields};

constexpr FieldType param_fields[] = {text(1, "name"), choice(2, "share_mode", share_modes),
                                      real(3, "lr_mult"), real(4, "decay_mult")};
constexpr MessageType param{"ParamSpec", param_fields};

constexpr FieldType layer_fields[] = {
    text(1, "name"),
    text(2, "type"),
    many(text(3, "bottom")),
    many(text(4, "top")),
    choice(10, "phase", phases),
    many(real(5, "loss_weight")),
    many(nested(6, "param", param)),
    many(nested(7, "blobs", blob)),
    many(flag(11, "propagate_down")),
    many(nested(8, "include", rule)),
    many(nested(9, "exclude", rule)),
};

constexpr Choice v1_types[] = {
    {0, "NONE"},
    {35, "ABSVAL"},
    {1, "ACCURACY"},
    {30, "ARGMAX"},
    {2, "BNLL"},
    {3, "CONCAT"},
    {37, "CONTRASTIVE_LOSS"},
    {4, "CONVOLUTION"},
    {5, "DATA"},
    {39, "DECONVOLUTION"},
    {6, "DROPOUT"},
    {32, "DUMMY_DATA"},
    {7, "EUCLIDEAN_LOSS"},
    {25, "ELTWISE"},
    {38, "EXP"},
    {8, "FLATTEN"},
    {9, "HDF5_DATA"},
    {10, "HDF5_OUTPUT"},
    {28, "HINGE_LOSS"},
    {11, "IM2COL"},
    {12, "IMAGE_DATA"},
    {13, "INFOGAIN_LOSS"},
    {14, "INNER_PRODUCT"},
    {15, "LRN"},
    {29, "MEMORY_DATA"},
    {16, "MULTINOMIAL_LOGISTIC_LOSS"},
    {34, "MVN"},
    {17, "POOLING"},
    {26, "POWER"},
    {18, "RELU"},
    {19, "SIGMOID"},
    {27, "SIGMOID_CROSS_ENTROPY_LOSS"},
    {36, "SILENCE"},
    {20, "SOFTMAX"},
    {21, "SOFTMAX_LOSS"},
    {22, "SPLIT"},
    {33, "SLICE"},
    {23, "TANH"},
    {24, "WINDOW_DATA"},
    {31, "THRESHOLD"},
};

// The oldest syntax, of which only the names are read: it is refused.
constexpr FieldType v0_layer_fields[] = {text(1, "name"), text(2, "type")};
constexpr MessageType v0_layer{"V0LayerParameter", v0_layer_fields};

constexpr FieldType v1_layer_fields[] = {
    nested(1, "layer", v0_layer),
    many(text(2, "bottom")),
    many(text(3, "top")),
    text(4, "name"),
    many(nested(32, "include", rule)),
    many(nested(33, "exclude", rule)),
    choice(5, "type", v1_types),
    many(nested(6, "blobs", blob)),
    many(text(1001, "param")),
    many(choice(1002, "blob_share_mode", share_modes)),
    many(real(7, "blobs_lr")),
    many(real(8, "weight_decay")),
    many(real(35, "loss_weight")),
};

using Fields = std::vector<FieldType>;

Fields with_settings(std::span<const FieldType> own, int LayerSettings::*number) {
    Fields fields(own.begin(), own.end());
    for (const LayerSettings& each : layer_settings())
        if (each.*number != 0) fields.push_back(nested(each.*number, each.field, *each.message));
    return fields;
}

const MessageType& layer_parameter() {
    static const Fields fields = with_settings(layer_fields, &LayerSettings::number);
    static const MessageType type{"LayerParameter", fields};
    return type;
}

const MessageType& v1_layer_parameter() {
    static const Fields fields = with_settings(v1_layer_fields, &LayerSettings::v1_number);
    static const MessageType type{"V1LayerParameter", fields};
    return type;
}

constexpr Choice snapshot_formats[] = {{0, "HDF5"}, {1, "BINARYPROTO"}};
constexpr Choice solver_modes[] = {{0, "CPU"}, {1, "GPU"}};
constexpr Choice solver_types[] = {{0, "SGD"},     {1, "NESTEROV"}, {2, "ADAGRAD"},
                                   {3, "RMSPROP"}, {4, "ADADELTA"}, {5, "ADAM"}};

}  // namespace

const MessageType& net_parameter() {
    static const Fields fields = {
        text(1, "name"),
        many(text(3, "input")),
        many(nested(8, "input_shape", blob_shape)),
        many(integer(4, "input_dim")),
        flag(5, "force_backward"),
        nested(6, "state", state),
        flag(7, "debug_info"),
        many(nested(100, "layer", layer_parameter())),
        many(nested(2, "layers", v1_layer_parameter())),
    };
    static const MessageType type{"NetParameter", fields};
    return type;
}

const MessageType& solver_parameter() {
    static const Fields fields = {
        text(24, "net"),
        nested(25, "net_param", net_parameter()),
        text(1, "train_net"),
        many(text(2, "test_net")),
        nested(21, "train_net_param", net_parameter()),
        many(nested(22, "test_net_param", net_parameter())),
        nested(26, "train_state", state),
        many(nested(27, "test_state", state)),
        many(integer(3, "test_iter")),
        integer(4, "test_interval"),
        flag(19, "test_compute_loss"),
        flag(32, "test_initialization"),
        real(5, "base_lr"),
        integer(6, "display"),
        integer(33, "average_loss"),
        integer(7, "max_iter"),
        integer(36, "iter_size"),
        text(8, "lr_policy"),
        real(9, "gamma"),
        real(10, "power"),
        real(11, "momentum"),
        real(12, "weight_decay"),
        text(29, "regularization_type"),
        integer(13, "stepsize"),
        many(integer(34, "stepvalue")),
        real(35, "clip_gradients"),
        integer(14, "snapshot"),
        text(15, "snapshot_prefix"),
        flag(16, "snapshot_diff"),
        choice(37, "snapshot_format", snapshot_formats),
        choice(17, "solver_mode", solver_modes),
        integer(18, "device_id"),
        integer(20, "random_seed"),
        text(40, "type"),
        real(31, "delta"),
        real(39, "momentum2"),
        real(38, "rms_decay"),
        flag(23, "debug_info"),
        flag(28, "snapshot_after_train"),
        choice(30, "solver_type", solver_types),
        flag(41, "layer_wise_reduce"),
        many(text(42, "weights")),
    };
    static const MessageType type{"SolverParameter", fields};
    return type;
}

const MessageType& blob_proto() {
    return blob;
}

}  // namespace emulsion::formats::caffe
