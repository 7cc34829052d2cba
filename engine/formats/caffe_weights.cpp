// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// .caffemodel: a net whose layers carry their weights.
#include <emulsion/error.h>

#include <set>
#include <utility>

#include "engine/formats/caffe_blob.h"
#include "engine/formats/caffe_net.h"
#include "engine/formats/caffe_schema.h"
#include "engine/formats/file_bytes.h"
#include "engine/formats/readers.h"
#include "engine/json.h"

namespace emulsion::formats {
namespace {

using caffe::Blob;
using caffe::CaffeLayer;
using caffe::Fields;
using caffe::Reading;

/// Old files state four sides for everything: 1x1xNxK for the matrix of a fully connected layer, 1x1x1xN
/// for a bias.
void drop_legacy_sides(std::vector<std::int64_t>& shape, std::size_t dimensions) {
    while (shape.size() > dimensions && shape.front() == 1) shape.erase(shape.begin());
}

class WeightReader {
   public:
    WeightReader(Imported& imported, std::shared_ptr<const void> owner)
        : imported_(imported), owner_(std::move(owner)) {}

    void read(const CaffeLayer& layer) {
        const auto blobs = layer.fields.each("blobs");
        if (blobs.empty()) return;
        constexpr std::size_t most_blobs = 64;  // each is called after the layer: a copy of its name
        if (blobs.size() > most_blobs) layer.fail("has " + std::to_string(blobs.size()) + " blobs");
        if (!named_.insert(layer.name).second) layer.fail("has the name of another layer with weights");
        const bool weighted = layer.type == "Convolution" || layer.type == "InnerProduct";
        for (std::size_t i = 0; i < blobs.size(); ++i) add(layer, i, blobs[i], weighted);
    }

   private:
    void add(const CaffeLayer& layer, std::size_t index, const Fields& fields, bool weighted) {
        const std::string origin = layer.label() + ", blob " + std::to_string(index);
        Blob blob = caffe::read_blob(fields, owner_, origin);
        fields.reading().ignore_unread(*fields.message(), origin + ": ");
        constexpr std::size_t bias = 1;
        if (weighted && blob.legacy && (index == bias || layer.type == "InnerProduct"))
            drop_legacy_sides(blob.shape, index == bias ? 1 : 2);
        imported_.tensors.push_back({layer.name + '.' + tensor_name(index, weighted), std::move(blob.shape),
                                     blob.values.values, std::move(blob.values.owner), origin});
    }

    static std::string tensor_name(std::size_t index, bool weighted) {
        if (weighted && index == 0) return "weight";
        if (weighted && index == 1) return "bias";
        return "blob" + std::to_string(index);
    }

    Imported& imported_;
    std::shared_ptr<const void> owner_;
    std::set<std::string> named_;
};

/// The net as far as the file holds one: Caffe saves it whole, other programs often names and weights only.
void read_net(Imported& imported, const Fields& net, const Unknown& unknown) {
    try {
        caffe::CaffeNet converted = caffe::convert_net(net, unknown, {.saved = true});
        imported.net = std::move(converted.net);
        imported.preprocessing_known = converted.source.preprocessing_known;
        imported.missing_mean = converted.source.missing_mean;
    } catch (const Error& e) {
        std::string reason = e.what();
        const std::string prefix = net.reading().path() + ": ";
        if (reason.starts_with(prefix)) reason.erase(0, prefix.size());
        net.reading().ignore("its net: " + reason, 0);
    }
}

void refuse_hdf5(const FileBytes& file) {
    const std::string_view text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
    if (text.starts_with("\x89HDF"))
        throw Error(Error::Kind::data, file.path +
                                           ": it is in HDF5, which Emulsion does not read: let Caffe "
                                           "save with snapshot_format: BINARYPROTO");
}

}  // namespace

Imported read_caffemodel(const std::string& path) {
    const FileBytes file = map_file(path);
    refuse_hdf5(file);
    Unknown unknown;
    const Message message = read_wire(file.bytes, caffe::net_parameter(), path, unknown);
    Reading reading(path);
    const Fields net(reading, message);

    Imported imported;
    imported.format = "caffe";
    WeightReader weights(imported, file.owner);
    for (const CaffeLayer& layer : caffe::layers_of(net, {.saved = true})) weights.read(layer);
    if (imported.tensors.empty()) reading.fail(0, "no layer has weights; is it a .caffemodel?");
    for (const std::string& each : unknown) reading.ignore("unknown field " + each, 0);
    read_net(imported, net, unknown);
    imported.ignored = std::move(reading.ignored());
    return imported;
}

}  // namespace emulsion::formats
