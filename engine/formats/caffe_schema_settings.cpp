// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The settings of every type of layer in Caffe: the messages whose fields end in _param.
#include <array>

#include "engine/formats/caffe_schema_fields.h"

namespace emulsion::formats::caffe {
namespace {

constexpr Choice engines[] = {{0, "DEFAULT"}, {1, "CAFFE"}, {2, "CUDNN"}};
constexpr Choice pool_methods[] = {{0, "MAX"}, {1, "AVE"}, {2, "STOCHASTIC"}};
constexpr Choice variance_norms[] = {{0, "FAN_IN"}, {1, "FAN_OUT"}, {2, "AVERAGE"}};

constexpr FieldType blob_shape_fields[] = {packed(integer(1, "dim"))};
constexpr FieldType filler_fields[] = {
    text(1, "type"), real(2, "value"), real(3, "min"),       real(4, "max"),
    real(5, "mean"), real(6, "std"),   integer(7, "sparse"), choice(8, "variance_norm", variance_norms)};

}  // namespace

constexpr MessageType blob_shape{"BlobShape", blob_shape_fields};
constexpr MessageType filler{"FillerParameter", filler_fields};

namespace {

constexpr FieldType transformation_fields[] = {
    real(1, "scale"),     flag(2, "mirror"),           natural(3, "crop_size"),
    text(4, "mean_file"), many(real(5, "mean_value")), flag(6, "force_color"),
    flag(7, "force_gray")};

constexpr Choice normalizations[] = {{0, "FULL"}, {1, "VALID"}, {2, "BATCH_SIZE"}, {3, "NONE"}};
constexpr FieldType loss_fields[] = {integer(1, "ignore_label"), choice(3, "normalization", normalizations),
                                     flag(2, "normalize")};
constexpr FieldType accuracy_fields[] = {natural(1, "top_k"), integer(2, "axis"), integer(3, "ignore_label")};
constexpr FieldType argmax_fields[] = {flag(1, "out_max_val"), natural(2, "top_k"), integer(3, "axis")};
constexpr FieldType batch_norm_fields[] = {flag(1, "use_global_stats"), real(2, "moving_average_fraction"),
                                           real(3, "eps")};
constexpr FieldType bias_fields[] = {integer(1, "axis"), integer(2, "num_axes"), nested(3, "filler", filler)};
constexpr FieldType clip_fields[] = {real(1, "min"), real(2, "max")};
constexpr FieldType concat_fields[] = {integer(2, "axis"), natural(1, "concat_dim")};
constexpr FieldType contrastive_fields[] = {real(1, "margin"), flag(2, "legacy_version")};
constexpr FieldType convolution_fields[] = {natural(1, "num_output"),
                                            flag(2, "bias_term"),
                                            many(natural(3, "pad")),
                                            many(natural(4, "kernel_size")),
                                            many(natural(6, "stride")),
                                            many(natural(18, "dilation")),
                                            natural(9, "pad_h"),
                                            natural(10, "pad_w"),
                                            natural(11, "kernel_h"),
                                            natural(12, "kernel_w"),
                                            natural(13, "stride_h"),
                                            natural(14, "stride_w"),
                                            natural(5, "group"),
                                            nested(7, "weight_filler", filler),
                                            nested(8, "bias_filler", filler),
                                            choice(15, "engine", engines),
                                            integer(16, "axis"),
                                            flag(17, "force_nd_im2col")};
constexpr FieldType crop_fields[] = {integer(1, "axis"), many(natural(2, "offset"))};

constexpr Choice databases[] = {{0, "LEVELDB"}, {1, "LMDB"}};
constexpr FieldType data_fields[] = {text(1, "source"),
                                     natural(4, "batch_size"),
                                     natural(7, "rand_skip"),
                                     choice(8, "backend", databases),
                                     real(2, "scale"),
                                     text(3, "mean_file"),
                                     natural(5, "crop_size"),
                                     flag(6, "mirror"),
                                     flag(9, "force_encoded_color"),
                                     natural(10, "prefetch")};
constexpr FieldType dropout_fields[] = {real(1, "dropout_ratio")};
constexpr FieldType dummy_data_fields[] = {
    many(nested(1, "data_filler", filler)), many(nested(6, "shape", blob_shape)), many(natural(2, "num")),
    many(natural(3, "channels")),           many(natural(4, "height")),           many(natural(5, "width"))};
constexpr Choice eltwise_operations[] = {{0, "PROD"}, {1, "SUM"}, {2, "MAX"}};
constexpr FieldType eltwise_fields[] = {choice(1, "operation", eltwise_operations), many(real(2, "coeff")),
                                        flag(3, "stable_prod_grad")};
constexpr FieldType elu_fields[] = {real(1, "alpha")};
constexpr FieldType embed_fields[] = {natural(1, "num_output"), natural(2, "input_dim"), flag(3, "bias_term"),
                                      nested(4, "weight_filler", filler), nested(5, "bias_filler", filler)};
constexpr FieldType exp_fields[] = {real(1, "base"), real(2, "scale"), real(3, "shift")};
constexpr FieldType flatten_fields[] = {integer(1, "axis"), integer(2, "end_axis")};
constexpr FieldType hdf5_data_fields[] = {text(1, "source"), natural(2, "batch_size"), flag(3, "shuffle")};
constexpr FieldType hdf5_output_fields[] = {text(1, "file_name")};
constexpr Choice hinge_norms[] = {{1, "L1"}, {2, "L2"}};
constexpr FieldType hinge_loss_fields[] = {choice(1, "norm", hinge_norms)};
constexpr FieldType image_data_fields[] = {
    text(1, "source"),        natural(4, "batch_size"), natural(7, "rand_skip"), flag(8, "shuffle"),
    natural(9, "new_height"), natural(10, "new_width"), flag(11, "is_color"),    real(2, "scale"),
    text(3, "mean_file"),     natural(5, "crop_size"),  flag(6, "mirror"),       text(12, "root_folder")};
constexpr FieldType infogain_fields[] = {text(1, "source"), integer(2, "axis")};
constexpr FieldType inner_product_fields[] = {
    natural(1, "num_output"),         flag(2, "bias_term"), nested(3, "weight_filler", filler),
    nested(4, "bias_filler", filler), integer(5, "axis"),   flag(6, "transpose")};
constexpr FieldType input_fields[] = {many(nested(1, "shape", blob_shape))};
constexpr Choice norm_regions[] = {{0, "ACROSS_CHANNELS"}, {1, "WITHIN_CHANNEL"}};
constexpr FieldType lrn_fields[] = {natural(1, "local_size"),
                                    real(2, "alpha"),
                                    real(3, "beta"),
                                    choice(4, "norm_region", norm_regions),
                                    real(5, "k"),
                                    choice(6, "engine", engines)};
constexpr FieldType memory_data_fields[] = {natural(1, "batch_size"), natural(2, "channels"),
                                            natural(3, "height"), natural(4, "width")};
constexpr FieldType mvn_fields[] = {flag(1, "normalize_variance"), flag(2, "across_channels"),
                                    real(3, "eps")};
constexpr FieldType parameter_fields[] = {nested(1, "shape", blob_shape)};
constexpr Choice round_modes[] = {{0, "CEIL"}, {1, "FLOOR"}};
constexpr FieldType pooling_fields[] = {choice(1, "pool", pool_methods),
                                        natural(4, "pad"),
                                        natural(9, "pad_h"),
                                        natural(10, "pad_w"),
                                        natural(2, "kernel_size"),
                                        natural(5, "kernel_h"),
                                        natural(6, "kernel_w"),
                                        natural(3, "stride"),
                                        natural(7, "stride_h"),
                                        natural(8, "stride_w"),
                                        choice(11, "engine", engines),
                                        flag(12, "global_pooling"),
                                        choice(13, "round_mode", round_modes)};
constexpr FieldType power_fields[] = {real(1, "power"), real(2, "scale"), real(3, "shift")};
constexpr FieldType prelu_fields[] = {nested(1, "filler", filler), flag(2, "channel_shared")};
constexpr FieldType python_fields[] = {text(1, "module"), text(2, "layer"), text(3, "param_str"),
                                       flag(4, "share_in_parallel")};
constexpr FieldType recurrent_fields[] = {natural(1, "num_output"), nested(2, "weight_filler", filler),
                                          nested(3, "bias_filler", filler), flag(4, "debug_info"),
                                          flag(5, "expose_hidden")};
constexpr Choice reductions[] = {{1, "SUM"}, {2, "ASUM"}, {3, "SUMSQ"}, {4, "MEAN"}};
constexpr FieldType reduction_fields[] = {choice(1, "operation", reductions), integer(2, "axis"),
                                          real(3, "coeff")};
constexpr FieldType relu_fields[] = {real(1, "negative_slope"), choice(2, "engine", engines)};
constexpr FieldType reshape_fields[] = {nested(1, "shape", blob_shape), integer(2, "axis"),
                                        integer(3, "num_axes")};
constexpr FieldType scale_fields[] = {integer(1, "axis"), integer(2, "num_axes"), nested(3, "filler", filler),
                                      flag(4, "bias_term"), nested(5, "bias_filler", filler)};
constexpr FieldType engine_fields[] = {choice(1, "engine", engines)};
constexpr FieldType slice_fields[] = {integer(3, "axis"), many(natural(2, "slice_point")),
                                      natural(1, "slice_dim")};
constexpr FieldType softmax_fields[] = {choice(1, "engine", engines), integer(2, "axis")};
constexpr FieldType spp_fields[] = {natural(1, "pyramid_height"), choice(2, "pool", pool_methods),
                                    choice(6, "engine", engines)};
constexpr FieldType swish_fields[] = {real(1, "beta")};
constexpr FieldType threshold_fields[] = {real(1, "threshold")};
constexpr FieldType tile_fields[] = {integer(1, "axis"), integer(2, "tiles")};
constexpr FieldType window_data_fields[] = {
    text(1, "source"),       real(2, "scale"),           text(3, "mean_file"),    natural(4, "batch_size"),
    natural(5, "crop_size"), flag(6, "mirror"),          real(7, "fg_threshold"), real(8, "bg_threshold"),
    real(9, "fg_fraction"),  natural(10, "context_pad"), text(11, "crop_mode"),   flag(12, "cache_images"),
    text(13, "root_folder")};

constexpr MessageType transformation{"TransformationParameter", transformation_fields};
constexpr MessageType loss{"LossParameter", loss_fields};
constexpr MessageType accuracy{"AccuracyParameter", accuracy_fields};
constexpr MessageType argmax{"ArgMaxParameter", argmax_fields};
constexpr MessageType batch_norm{"BatchNormParameter", batch_norm_fields};
constexpr MessageType bias{"BiasParameter", bias_fields};
constexpr MessageType clip{"ClipParameter", clip_fields};
constexpr MessageType concat{"ConcatParameter", concat_fields};
constexpr MessageType contrastive{"ContrastiveLossParameter", contrastive_fields};
constexpr MessageType convolution{"ConvolutionParameter", convolution_fields};
constexpr MessageType crop{"CropParameter", crop_fields};
constexpr MessageType data{"DataParameter", data_fields};
constexpr MessageType dropout{"DropoutParameter", dropout_fields};
constexpr MessageType dummy_data{"DummyDataParameter", dummy_data_fields};
constexpr MessageType eltwise{"EltwiseParameter", eltwise_fields};
constexpr MessageType elu{"ELUParameter", elu_fields};
constexpr MessageType embed{"EmbedParameter", embed_fields};
constexpr MessageType exp{"ExpParameter", exp_fields};
constexpr MessageType flatten{"FlattenParameter", flatten_fields};
constexpr MessageType hdf5_data{"HDF5DataParameter", hdf5_data_fields};
constexpr MessageType hdf5_output{"HDF5OutputParameter", hdf5_output_fields};
constexpr MessageType hinge_loss{"HingeLossParameter", hinge_loss_fields};
constexpr MessageType image_data{"ImageDataParameter", image_data_fields};
constexpr MessageType infogain{"InfogainLossParameter", infogain_fields};
constexpr MessageType inner_product{"InnerProductParameter", inner_product_fields};
constexpr MessageType input{"InputParameter", input_fields};
constexpr MessageType log{"LogParameter", exp_fields};
constexpr MessageType lrn{"LRNParameter", lrn_fields};
constexpr MessageType memory_data{"MemoryDataParameter", memory_data_fields};
constexpr MessageType mvn{"MVNParameter", mvn_fields};
constexpr MessageType parameter{"ParameterParameter", parameter_fields};
constexpr MessageType pooling{"PoolingParameter", pooling_fields};
constexpr MessageType power{"PowerParameter", power_fields};
constexpr MessageType prelu{"PReLUParameter", prelu_fields};
constexpr MessageType python{"PythonParameter", python_fields};
constexpr MessageType recurrent{"RecurrentParameter", recurrent_fields};
constexpr MessageType reduction{"ReductionParameter", reduction_fields};
constexpr MessageType relu{"ReLUParameter", relu_fields};
constexpr MessageType reshape{"ReshapeParameter", reshape_fields};
constexpr MessageType scale{"ScaleParameter", scale_fields};
constexpr MessageType sigmoid{"SigmoidParameter", engine_fields};
constexpr MessageType slice{"SliceParameter", slice_fields};
constexpr MessageType softmax{"SoftmaxParameter", softmax_fields};
constexpr MessageType spp{"SPPParameter", spp_fields};
constexpr MessageType swish{"SwishParameter", swish_fields};
constexpr MessageType tanh{"TanHParameter", engine_fields};
constexpr MessageType threshold{"ThresholdParameter", threshold_fields};
constexpr MessageType tile{"TileParameter", tile_fields};
constexpr MessageType window_data{"WindowDataParameter", window_data_fields};

constexpr LayerSettings settings[] = {
    {"transform_param", 100, 36, &transformation},
    {"loss_param", 101, 42, &loss},
    {"accuracy_param", 102, 27, &accuracy},
    {"argmax_param", 103, 23, &argmax},
    {"batch_norm_param", 139, 0, &batch_norm},
    {"bias_param", 141, 0, &bias},
    {"clip_param", 148, 0, &clip},
    {"concat_param", 104, 9, &concat},
    {"contrastive_loss_param", 105, 40, &contrastive},
    {"convolution_param", 106, 10, &convolution},
    {"crop_param", 144, 0, &crop},
    {"data_param", 107, 11, &data},
    {"dropout_param", 108, 12, &dropout},
    {"dummy_data_param", 109, 26, &dummy_data},
    {"eltwise_param", 110, 24, &eltwise},
    {"elu_param", 140, 0, &elu},
    {"embed_param", 137, 0, &embed},
    {"exp_param", 111, 41, &exp},
    {"flatten_param", 135, 0, &flatten},
    {"hdf5_data_param", 112, 13, &hdf5_data},
    {"hdf5_output_param", 113, 14, &hdf5_output},
    {"hinge_loss_param", 114, 29, &hinge_loss},
    {"image_data_param", 115, 15, &image_data},
    {"infogain_loss_param", 116, 16, &infogain},
    {"inner_product_param", 117, 17, &inner_product},
    {"input_param", 143, 0, &input},
    {"log_param", 134, 0, &log},
    {"lrn_param", 118, 18, &lrn},
    {"memory_data_param", 119, 22, &memory_data},
    {"mvn_param", 120, 34, &mvn},
    {"parameter_param", 145, 0, &parameter},
    {"pooling_param", 121, 19, &pooling},
    {"power_param", 122, 21, &power},
    {"prelu_param", 131, 0, &prelu},
    {"python_param", 130, 0, &python},
    {"recurrent_param", 146, 0, &recurrent},
    {"reduction_param", 136, 0, &reduction},
    {"relu_param", 123, 30, &relu},
    {"reshape_param", 133, 0, &reshape},
    {"scale_param", 142, 0, &scale},
    {"sigmoid_param", 124, 38, &sigmoid},
    {"softmax_param", 125, 39, &softmax},
    {"spp_param", 132, 0, &spp},
    {"slice_param", 126, 31, &slice},
    {"swish_param", 147, 0, &swish},
    {"tanh_param", 127, 37, &tanh},
    {"threshold_param", 128, 25, &threshold},
    {"tile_param", 138, 0, &tile},
    {"window_data_param", 129, 20, &window_data},
};

}  // namespace

std::span<const LayerSettings> layer_settings() {
    return settings;
}

}  // namespace emulsion::formats::caffe
