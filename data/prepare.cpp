// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/prepare.h"

#include <emulsion/error.h>
#include <algorithm>
#include <utility>

#include "data/files.h"
#include "data/resize.h"

namespace emulsion {
namespace {

/// `side` * `to` / `from`, rounded, and never less than `least`.
int in_proportion(int side, int to, int from, int least) {
    const std::int64_t twice = 2 * static_cast<std::int64_t>(side) * to;
    return static_cast<int>(
        std::max<std::int64_t>((twice + from) / (2 * static_cast<std::int64_t>(from)), least));
}

/// The size that a photo of these sides becomes, and what of it is kept.
ResizeTo layout(int height, int width, const Preprocessing& p) {
    ResizeTo to{p.height, p.width, 0, 0, p.height, p.width};
    if (p.fit == Preprocessing::Fit::squash) return to;
    const bool too_wide =
        static_cast<std::int64_t>(width) * p.height > static_cast<std::int64_t>(height) * p.width;
    if (too_wide)
        to.full_width = in_proportion(width, p.height, height, p.width);
    else
        to.full_height = in_proportion(height, p.width, width, p.height);
    to.top = (to.full_height - p.height) / 2;
    to.left = (to.full_width - p.width) / 2;
    return to;
}

/// The same window where it lies in the photo as stored.
ResizeTo before_turning(ResizeTo to, const Turn& turn) {
    if (turn.swapped) {
        std::swap(to.full_height, to.full_width);
        std::swap(to.top, to.left);
        std::swap(to.height, to.width);
    }
    if (turn.from_bottom) to.top = to.full_height - to.height - to.top;
    if (turn.from_right) to.left = to.full_width - to.width - to.left;
    return to;
}

}  // namespace

void check_sizes(const Preprocessing& p) {
    const auto size = [](int height, int width) {
        return std::to_string(height) + " x " + std::to_string(width);
    };
    const bool photo = p.height >= 1 && p.width >= 1 && p.height <= 32768 && p.width <= 32768;
    if (!photo) throw Error(Error::Kind::usage, "preprocessing: a photo size of " + size(p.height, p.width));
    const bool crop =
        p.crop_height >= 1 && p.crop_width >= 1 && p.crop_height <= p.height && p.crop_width <= p.width;
    if (!crop)
        throw Error(Error::Kind::usage, "preprocessing: a crop of " + size(p.crop_height, p.crop_width) +
                                            " does not lie within the photo's " + size(p.height, p.width));
}

Image fit_photo(const Image& photo, const Preprocessing& p, int orientation) {
    const bool swapped = turn_of(orientation).swapped;
    int height = swapped ? photo.width : photo.height, width = swapped ? photo.height : photo.width;
    if (p.portrait == Preprocessing::Portrait::rotate && height > width) {
        orientation = then_quarter_turn(orientation);
        std::swap(height, width);
    }
    const ResizeTo to = before_turning(layout(height, width, p), turn_of(orientation));
    return orient(resize(photo, to, p.filter), orientation);
}

Image load_photo(const std::string& path, const Preprocessing& p, const DecodeOptions& options,
                 Scratch& scratch) {
    DecodeOptions decode = options;
    decode.orient = p.orient;
    decode.cover.reset();
    if (p.decoder == Preprocessing::Decoder::scaled)
        decode.cover = DecodeOptions::Cover{p.height, p.width, p.portrait};
    StoredPhoto stored =
        decode_stored(read_file(path, decode.most_bytes), decode, path, std::move(scratch.samples));
    Image fitted = fit_photo(stored.image, p, stored.orientation);
    // One panorama should not hold its memory for ever.
    constexpr std::size_t most_kept = std::size_t{128} << 20;
    if (stored.image.rgb.capacity() <= most_kept) scratch.samples = std::move(stored.image.rgb);
    return fitted;
}

Image load_photo(const std::string& path, const Preprocessing& p, const DecodeOptions& options) {
    Scratch scratch;
    return load_photo(path, p, options, scratch);
}

}  // namespace emulsion
