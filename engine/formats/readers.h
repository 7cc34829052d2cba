// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Every foreign format that Emulsion reads, and what it writes. All readers throw Error(data) with one
// line that names the file and the place; none allocates what the file's size does not justify.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "emulsion/model.h"
#include "emulsion/solver.h"
#include "engine/formats/imported.h"

namespace emulsion::formats {

/// Caffe's text definition: deploy or train_val, old or new syntax. Of a train_val file the net of the
/// given phase.
enum class Phase { train, test };
Imported read_prototxt(const std::string& path, Phase = Phase::test);
/// Caffe's weights; the net too, as far as the file holds it.
Imported read_caffemodel(const std::string& path);
void write_prototxt(const NetDef&, const std::string& path);
void write_caffemodel(const Model&, const std::string& path);
/// Both; the definition appears only once the weights are there whole.
void write_caffe(const Model&, const std::string& prototxt, const std::string& caffemodel);
/// What of a net's preprocessing Caffe has no words for, one line each.
std::vector<std::string> lost_to_caffe(const Preprocessing&);

/// Where a Caffe net takes its photos from, in one phase.
struct CaffeData {
    std::string source, root_folder;  ///< of an ImageData layer: a list and the folder of its photos
    bool database = false;            ///< of a Data layer: the source is an LMDB or LevelDB
    std::int64_t batch = 1;
    bool shuffle = false, mirror = false;
    int crop = 0;
};
/// A solver file, with both phases of its net.
struct CaffeSolver {
    SolverConfig config;  ///< with 0 iterations if the file has no max_iter
    NetDef train_net;     ///< rates, decays and fillers as stated
    CaffeData train_data, test_data;
    std::int64_t test_iter = 0, test_interval = 0, snapshot = 0, display = 0, random_seed = -1;
    bool test_first = true;  ///< before the first iteration: test_initialization
    std::string snapshot_prefix, net_path;
    std::vector<std::string> ignored;
};
CaffeSolver read_solver(const std::string& path);

/// A mean image: Caffe's mean.binaryproto, or NumPy's .npy (of float32 or float64). 3 x height x width.
struct MeanImage {
    std::int64_t channels = 0, height = 0, width = 0;
    std::vector<float> values;
};
MeanImage read_binaryproto(const std::string& path);
MeanImage read_npy(const std::string& path);
/// As compute_image_mean writes it: 1 x channels x height x width, legacy shape. Error(failure).
void write_binaryproto(const MeanImage& mean, const std::string& path);

/// PyTorch's state dict: torch.save's ZIP or its older stream. Nothing in the file is executed; all but
/// tensors is refused. Names as in the file.
Imported read_torch(const std::string& path);
void write_torch(const std::vector<ForeignTensor>&, const std::string& path);

/// Tensors of a safetensors file that is not a model of Emulsion's.
Imported read_state_dict(const std::string& path);

Imported read_onnx(const std::string& path);
void write_onnx(const Model&, const std::string& path);

/// Deep Compression's .net: the weights of the convolutions of a net, in its order. The factory's layers say
/// how large they are.
Imported read_deep_compression(const std::string& path, const NetDef&, const LayerFactory&);

}  // namespace emulsion::formats
