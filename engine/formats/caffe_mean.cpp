// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// mean.binaryproto: the mean of a training set's photos, pixel by pixel.
#include "engine/formats/caffe_blob.h"
#include "engine/formats/caffe_schema.h"
#include "engine/formats/file_bytes.h"
#include "engine/formats/file_sink.h"
#include "engine/formats/readers.h"

namespace emulsion::formats {

MeanImage read_binaryproto(const std::string& path) {
    const FileBytes file = map_file(path);
    Unknown unknown;
    const Message message = read_wire(file.bytes, caffe::blob_proto(), path, unknown);
    caffe::Reading reading(path);
    reading.refuse(unknown);
    const caffe::Blob blob = caffe::read_blob(caffe::Fields(reading, message), file.owner, "its blob");

    auto shape = blob.shape;
    if (shape.size() == 4 && shape[0] == 1) shape.erase(shape.begin());
    if (shape.size() != 3 || blob.values.values.empty())
        reading.fail(0, "it is " + caffe::shape_text(blob.shape) + "; a mean image is 1x3xHxW");
    return {shape[0], shape[1], shape[2], {blob.values.values.begin(), blob.values.values.end()}};
}

void write_binaryproto(const MeanImage& mean, const std::string& path) {
    Message blob(caffe::blob_proto());
    blob.add_integer("num", 1);
    blob.add_integer("channels", mean.channels);
    blob.add_integer("height", mean.height);
    blob.add_integer("width", mean.width);
    blob.add_floats("data", mean.values);
    AtomicFile file(path);
    FileSink sink(file);
    write_wire(blob, sink);
    file.commit();
}

}  // namespace emulsion::formats
