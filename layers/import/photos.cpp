// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "layers/import/photos.h"

#include <emulsion/error.h>
#include <emulsion/model.h>

#include <utility>

#include "engine/formats/readers.h"

namespace emulsion {
namespace {

constexpr std::array<float, 3> imagenet_means{104, 117, 123};  // of B, G, R, in Caffe's examples

// Nets for ImageNet see the centre of photos of 256x256; others the whole photo.
int photo_side(std::int64_t input) {
    constexpr std::int64_t smallest_crop = 193, usual = 256;
    return static_cast<int>(input >= smallest_crop && input < usual ? usual : input);
}

void set_sizes(Preprocessing& photos, const NetDef& net) {
    const bool square = net.height == net.width;
    photos.crop_height = static_cast<int>(net.height);
    photos.crop_width = static_cast<int>(net.width);
    photos.height = square ? photo_side(net.height) : photos.crop_height;
    photos.width = square ? photo_side(net.width) : photos.crop_width;
}

Preprocessing caffes_habit(const NetDef& net) {
    Preprocessing photos;
    set_sizes(photos, net);
    photos.mean = imagenet_means;
    return photos;
}

Preprocessing torchvisions_habit(const NetDef& net) {
    Preprocessing photos = compose("alexnet-torchvision").preprocessing;
    set_sizes(photos, net);
    return photos;
}

// Everything but the means was stated. Answers what is to be said of it.
std::string replace_missing_mean(formats::Imported& imported, const Dialect* dialect) {
    Preprocessing& photos = imported.net->preprocessing;
    const Preprocessing usual =
        dialect != nullptr ? compose(dialect->net).preprocessing : caffes_habit(*imported.net);
    const bool applies = usual.bgr == photos.bgr;
    photos.mean = applies ? usual.mean : imagenet_means;
    return "the mean image " + imported.missing_mean +
           " is not there (--mean names one); photos are prepared with the means of " +
           (applies && dialect != nullptr ? dialect->title : "Caffe's ImageNet nets");
}

std::string assume(formats::Imported& imported, const Dialect* dialect) {
    NetDef& net = *imported.net;
    const bool caffe = imported.format == "caffe";
    std::string after;
    if (dialect != nullptr) {
        net.preprocessing = compose(dialect->net).preprocessing;
        after = dialect->title;
    } else {
        net.preprocessing = caffe ? caffes_habit(net) : torchvisions_habit(net);
        after = caffe ? "Caffe's ImageNet nets" : "torchvision's nets";
    }
    return "the files do not say how photos are prepared; assumed as for " + after;
}

}  // namespace

void complete_preprocessing(formats::Imported& imported, const Dialect* dialect, const std::string& mean,
                            ImportReport& report) {
    const bool only_mean_is_missing = !imported.missing_mean.empty();
    std::string said;
    if (!imported.preprocessing_known && !only_mean_is_missing) said = assume(imported, dialect);
    if (!imported.preprocessing_known && only_mean_is_missing && mean.empty())
        said = replace_missing_mean(imported, dialect);
    take_mean(*imported.net, mean);
    if (!said.empty()) report.notes.push_back(said + ": " + describe(imported.net->preprocessing));
}

void take_mean(NetDef& net, const std::string& path) {
    if (path.empty()) return;
    formats::MeanImage mean =
        path.ends_with(".npy") ? formats::read_npy(path) : formats::read_binaryproto(path);
    Preprocessing& photos = net.preprocessing;
    if (mean.channels != 3 || mean.height != photos.height || mean.width != photos.width)
        throw Error(Error::Kind::data, path + ": a mean image of " + std::to_string(mean.channels) + "x" +
                                           std::to_string(mean.height) + "x" + std::to_string(mean.width) +
                                           " for photos of 3x" + std::to_string(photos.height) + "x" +
                                           std::to_string(photos.width));
    photos.mean = {0, 0, 0};
    photos.mean_image = std::move(mean.values);
}

}  // namespace emulsion
