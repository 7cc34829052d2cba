// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Other people's model files: Caffe, PyTorch, ONNX, Deep Compression. An import says what it did with
// every tensor, and fails rather than guess.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "emulsion/model.h"

namespace emulsion {

struct ImportOptions {
    /// A net by name or a file that holds one, where the weights' own file does not.
    std::string net;
    /// A mean image (Caffe's mean.binaryproto, or .npy), taken instead of the means of the net.
    std::string mean;
    /// Parameters that no tensor fills start from their fillers, tensors that fit nowhere are left, and
    /// weights of a net of another structure are taken all the same; the report names them.
    bool allow_missing = false;
    std::uint64_t seed = 1;   ///< of such parameters
    std::string fresh_layer;  ///< for start_from: a layer that starts afresh whatever the file holds
};

struct ImportReport {
    std::string format;   ///< of the weights: "caffe", "torch", "onnx", "safetensors", "deep-compression"
    std::string dialect;  ///< "BVLC AlexNet", "CaffeNet", ...; empty if it is none that is known
    std::vector<std::string> loaded, missing, left_over, misshapen;  ///< one line a tensor
    std::vector<std::string> ignored;  ///< what the files say and Emulsion passes over
    std::vector<std::string> notes;    ///< what was assumed
};

/// Opens a model file of any format, by its content; native files as `load` does. Error(data) in one line
/// that names the file and the place: unknown format, unsupported layer, tensors that do not fit the net,
/// weights of another net.
/// The model's provenance says from which files it came, with their sizes and SHA-256.
std::shared_ptr<const Model> import_model(const std::string& path, const ImportOptions& = {},
                                          ImportReport* report = nullptr);

/// A model of `net` that starts from a weights file of any format, as fine-tuning does: what fits by name and
/// shape is taken, other parameters start from their fillers, and the report says which. Of the
/// options, `net` is the net of the file's weights where that matters (Deep Compression); `mean` means
/// nothing. Error(data) if nothing fits; a note if the file's net differs between the layers taken.
std::shared_ptr<const Model> start_from(const std::string& path, const NetDef& net, const ImportOptions& = {},
                                        ImportReport* report = nullptr);
/// The same from a model that is open.
std::shared_ptr<const Model> start_from(const std::shared_ptr<const Model>&, const NetDef& net,
                                        const ImportOptions& = {}, ImportReport* report = nullptr);

/// Only the net of a file that may hold no weights (.prototxt), or of a net by name. Of the report: format,
/// dialect, what was ignored and assumed.
NetDef import_net(const std::string& path_or_name, ImportReport* report = nullptr);

/// A file of any format: a model or, of a file that holds no weights, the net alone (`model` is null).
struct NetOrModel {
    NetDef net;
    std::shared_ptr<const Model> model;
};
NetOrModel import_any(const std::string& path, const ImportOptions& = {}, ImportReport* report = nullptr);

/// Writes a model in the format that the name's ending tells: .safetensors (native, with golden outputs),
/// .caffemodel (and beside it .prototxt), .onnx, .pth or .pt. Returns a line for each thing that the model
/// has and the format has no place for: "class names", ... Error(usage) for another ending, Error(data) if
/// the format cannot express the net. Nothing is left behind by an export that fails.
std::vector<std::string> export_model(const Model&, const std::string& path);

/// A name for a net whose structure is one that Emulsion knows: "BVLC AlexNet", "CaffeNet",
/// "torchvision's AlexNet", "the paper's net", "SqueezeNet 1.0"; else empty. The number of classes, dropout
/// and the names of layers make no difference.
std::string dialect_of(const NetDef&);

}  // namespace emulsion
