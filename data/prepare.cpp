// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/prepare.h"

#include <emulsion/error.h>
#include <algorithm>
#include <utility>

#include "data/datum.h"
#include "data/files.h"
#include "data/lmdb.h"

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

/// Turns and resizes a photo to the contract's size while its rows come in.
class Fitting : public RowTaker {
   public:
    Fitting(const Preprocessing& preprocessing, Resizer& resizer, std::uint8_t* out)
        : preprocessing_(preprocessing), resizer_(resizer), out_(out) {}

    int begin(int height, int width, int orientation) override {
        const bool swapped = turn_of(orientation).swapped;
        int upright_height = swapped ? width : height, upright_width = swapped ? height : width;
        framing_ = {upright_height, upright_width, false, {}};
        if (preprocessing_.portrait == Preprocessing::Portrait::rotate && upright_height > upright_width) {
            framing_.turned = true;
            orientation = then_quarter_turn(orientation);
            std::swap(upright_height, upright_width);
        }
        framing_.to = layout(upright_height, upright_width, preprocessing_);
        const ResizeTo to = before_turning(framing_.to, turn_of(orientation));
        resizer_.begin(height, width, to, preprocessing_.filter, placement(orientation, to.height, to.width),
                       out_);
        return resizer_.span();
    }
    void take(const std::uint8_t* row) noexcept override { resizer_.take(row); }
    const Framing& framing() const { return framing_; }

   private:
    const Preprocessing& preprocessing_;
    Resizer& resizer_;
    std::uint8_t* out_;
    Framing framing_;
};

template <class T>
void drop_if_large(std::vector<T>& memory, std::size_t most_kept) {
    if (memory.capacity() > most_kept)
        memory = std::vector<T>();  // not {}, which empties it but keeps its memory
}

/// All rows of a photo, fitted by `fitting`.
void pass_rows(const Image& photo, int orientation, Fitting& fitting) {
    fitting.begin(photo.height, photo.width, orientation);
    for (int y = 0; y < photo.height; ++y)
        fitting.take(photo.rgb.data() + static_cast<std::size_t>(y) * photo.row_bytes());
}

}  // namespace

Framing load_photo(std::span<const std::byte> file, const std::string& name, const Preprocessing& p,
                   const DecodeOptions& options, Scratch& scratch, std::span<std::uint8_t> out) {
    DecodeOptions decode = options;
    decode.orient = p.orient;
    decode.cover.reset();
    if (p.decoder == Preprocessing::Decoder::scaled)
        decode.cover = DecodeOptions::Cover{p.height, p.width, p.portrait};
    Fitting fitting(p, scratch.resizer, out.data());
    decode_rows(file, decode, name, fitting, scratch.samples);
    drop_if_large(scratch.samples, scratch.most_kept);
    return fitting.framing();
}

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
    Image fitted{p.width, p.height, {}};
    fitted.rgb.resize(static_cast<std::size_t>(p.height) * fitted.row_bytes());
    Resizer resizer;
    Fitting fitting(p, resizer, fitted.rgb.data());
    pass_rows(photo, orientation, fitting);
    return fitted;
}

void load_photo(const std::string& path, const Preprocessing& p, const DecodeOptions& options,
                Scratch& scratch, std::span<std::uint8_t> out) {
    load_photo(read_file(path, options.most_bytes, scratch.file), path, p, options, scratch, out);
    drop_if_large(scratch.file, scratch.most_kept);
}

Image load_photo(const std::string& path, const Preprocessing& p, const DecodeOptions& options) {
    Scratch scratch;
    Image fitted{p.width, p.height, {}};
    fitted.rgb.resize(static_cast<std::size_t>(p.height) * fitted.row_bytes());
    load_photo(path, p, options, scratch, fitted.rgb);
    return fitted;
}

void load_photo(const Sample& sample, const Preprocessing& p, const DecodeOptions& options, Scratch& scratch,
                std::span<std::uint8_t> out) {
    if (sample.database == nullptr) return load_photo(sample.path, p, options, scratch, out);
    const Datum datum = read_datum(sample.database->records()[sample.record].value, sample.path);
    if (datum.encoded) {
        load_photo(datum.data, sample.path, p, options, scratch, out);
        return;
    }
    Fitting fitting(p, scratch.resizer, out.data());
    pass_rows(photo_of(datum, options, sample.path), upright, fitting);
}

}  // namespace emulsion
