// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A layer of a Caffe file in the terms of the new syntax, whichever of the two it was written in.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "emulsion/netdef.h"
#include "engine/formats/caffe_fields.h"
#include "engine/formats/readers.h"

namespace emulsion::formats::caffe {

/// Multipliers of one blob of a layer, as stated, and the name under which it would be shared.
struct BlobSettings {
    double rate = 1, decay = 1;
    std::string shared;
};

struct CaffeLayer {
    Fields fields;  ///< for the messages that end in _param, which both syntaxes name alike
    std::string name;
    std::string type;  ///< "Convolution"; of a type that Emulsion lacks, as the file names it
    std::vector<std::string> bottoms, tops;
    std::vector<BlobSettings> blobs;

    std::string label() const;  ///< "layer conv1"
    [[noreturn]] void fail(const std::string& what) const { fail(fields.line(), what); }
    [[noreturn]] void fail(int line, const std::string& what) const;
};

/// What Caffe calls the state of a net, by which layers are left out.
struct NetState {
    Phase phase = Phase::test;
    std::optional<std::int64_t> level = {};  ///< 0 if nobody states it
    std::set<std::string> stages = {};
    bool saved =
        false;  ///< by Caffe, with its weights: only the layers that were there, whatever their rules

    /// Adds what a NetState message states; a level that is there stands. So the solver's comes first.
    void merge(const Fields&);
};

/// The layers of a NetParameter that are there in this state. Error(data) for the oldest syntax, and for a
/// file that mixes the other two.
std::vector<CaffeLayer> layers_of(const Fields& net, const NetState&);

/// Those attributes and parameters of a layer that do not depend on others; inputs and outputs are left
/// empty. Error(data) if it has settings that Emulsion lacks.
LayerDef convert_layer(const CaffeLayer&);
/// Whether convert_layer knows the type.
bool is_convertible(const std::string& type);

}  // namespace emulsion::formats::caffe
