// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A model: a net, its weights and its preprocessing. Immutable, and shared by any number of sessions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "emulsion/layer.h"
#include "emulsion/netdef.h"

namespace emulsion {

/// A parameter of a model, in the file's plain layout.
struct Parameter {
    std::string name;  ///< "conv1.weight"
    std::vector<std::int64_t> shape;
    std::int64_t fan_in = 1, fan_out = 1;
    ParamDef def;
    std::int64_t count() const;
};

/// The parameters that a net declares, in the order of its layers. Error(data) if the net is unsound.
std::vector<Parameter> parameters_of(const NetDef&, const LayerFactory& = standard_layers());

class Model {
   public:
    /// Weights are given one span a parameter, in the order of parameters_of(net); `owner` keeps the
    /// memory behind them (a mapped file, a buffer) alive.
    Model(NetDef net, LayerFactory factory, std::vector<std::span<const float>> weights,
          std::shared_ptr<const void> owner, std::map<std::string, std::string> provenance);
    ~Model();

    const NetDef& net() const { return net_; }
    const LayerFactory& factory() const { return factory_; }
    const std::vector<Parameter>& parameters() const { return parameters_; }
    std::span<const float> weights(std::size_t i) const { return weights_[i]; }
    std::int64_t parameter_count() const;
    /// Free text by key: who trained it, on what, from which file.
    const std::map<std::string, std::string>& provenance() const { return provenance_; }

    /// Weights uploaded to devices, and packed copies, made by the first session on a device that needs one
    /// and shared by the rest.
    class PackedCache;
    PackedCache& packed() const { return *packed_; }

   private:
    NetDef net_;
    LayerFactory factory_;
    std::vector<Parameter> parameters_;
    std::vector<std::span<const float>> weights_;
    std::shared_ptr<const void> owner_;
    std::map<std::string, std::string> provenance_;
    std::unique_ptr<PackedCache> packed_;
};

/// Whether none of the values is NaN or infinite.
bool all_finite(std::span<const float> values);

/// A net by name: alexnet (BVLC), caffenet, alexnet-torchvision, photo (the paper's), photo-mini,
/// squeezenet. Error(usage) with the list of names if there is no such net.
NetDef compose(const std::string& name);
std::vector<std::string> net_names();

/// Weights from the net's fillers. The same seed gives the same weights everywhere.
std::shared_ptr<const Model> initialise(const NetDef&, std::uint64_t seed,
                                        const LayerFactory& = standard_layers());

/// Opens a native model file. Every parameter must be there in the right shape, and nothing else:
/// Error(data) names what is missing, left over or misshapen, or says that the checksum or golden outputs
/// differ.
std::shared_ptr<const Model> load(const std::string& path, const LayerFactory& = standard_layers());
/// The same of a file that lies in memory (embedded in a program, say), which must outlive the model; `name`
/// stands for the path in errors.
std::shared_ptr<const Model> load(std::span<const std::byte> file, const std::string& name,
                                  const LayerFactory& = standard_layers());
/// With golden outputs, loading the file checks that the net still computes them.
void save(const Model&, const std::string& path, std::span<const float> golden = {});

/// The net's outputs for a photo that is built in, by the readable implementation. A file written with them
/// is checked when it is loaded, so that a machine or a version that computes something else is noticed
/// before the first score. Empty if a photo takes over 1 GB or 200 GFLOP: no file may ask that of its reader.
std::vector<float> golden_outputs(const Model&);

}  // namespace emulsion
