// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Datum, Caffe's message for one photo and its label: what the values of its databases are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/decode.h"
#include "data/image.h"

namespace emulsion {

/// A Datum as it stands in its bytes. Fields that Caffe does not know are passed over, as Caffe does.
struct Datum {
    std::int64_t channels = 0, height = 0, width = 0;
    std::int64_t label = 0;
    bool encoded = false;             ///< `data` is a photo's file
    std::span<const std::byte> data;  ///< channels x height x width, BGR; a view of the bytes that were read
    std::vector<float> floats;        ///< float_data, which Caffe takes where `data` is empty
};

/// `name` stands in errors: Error(data) for what is no Datum, or whose sizes and data disagree.
Datum read_datum(std::span<const std::byte> bytes, const std::string& name);

/// The photo in a Datum: 3 planes as BGR or 1 as grey, or a file that is decoded. Error(data) for other
/// numbers of channels, numbers in place of pixels, and whatever decode_photo refuses.
Image photo_of(const Datum& datum, const DecodeOptions& options, const std::string& name);

/// As Caffe's convert_imageset writes: three planes of bytes, B, G, R.
std::vector<std::byte> raw_datum(const Image& photo, std::int32_t label);
/// The same with --encoded: a photo's file as it is.
std::vector<std::byte> encoded_datum(std::span<const std::byte> file, std::int32_t label);

/// The key of a database's record: "00000012_folder/name.jpg", as convert_imageset has it. Of a path that is
/// longer than a key may be, the end is kept.
std::string datum_key(std::size_t index, const std::string& path);

}  // namespace emulsion
