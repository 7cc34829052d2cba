// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/packing.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <charconv>
#include <filesystem>

#include "apps/in_order.h"
#include "data/datum.h"
#include "data/encode.h"
#include "data/files.h"
#include "data/format.h"
#include "data/lmdb.h"
#include "data/prepare.h"

namespace emulsion::apps {
namespace {

/// A record, or why there is none.
struct Made {
    std::vector<std::byte> datum;
    std::string why;
};

bool is_jpeg(std::span<const std::byte> file) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(file.data());
    return detect_format({bytes, file.size()}).format == Format::jpeg;
}

std::vector<std::byte> datum_of(const Sample& sample, const PackSettings& s) {
    const Image photo = open_photo(sample, s.fit);  // a broken one is noticed here, not in training
    if (!s.encoded) return raw_datum(photo, sample.label);
    if (!s.fit && sample.database == nullptr) {
        const std::vector<std::byte> file = read_file(sample.path, DecodeOptions{}.most_bytes);
        if (is_jpeg(file)) return encoded_datum(file, sample.label);
    }
    return encoded_datum(encode_jpeg(photo, s.quality, Chroma::full), sample.label);
}

/// What of a path goes into a key.
std::string name_for_key(const Sample& sample, const std::filesystem::path& folder) {
    return std::filesystem::path(sample.path).lexically_proximate(folder).generic_string();
}

}  // namespace

Preprocessing parse_size(const std::string& text, const std::string& option) {
    Preprocessing fit;
    const char* const end = text.data() + text.size();
    const auto width = std::from_chars(text.data(), end, fit.width);
    const auto height = width.ptr == end ? width : std::from_chars(width.ptr + 1, end, fit.height);
    constexpr int most = 4096;
    if (width.ec != std::errc{} || height.ec != std::errc{} || height.ptr != end || width.ptr == end ||
        *width.ptr != 'x' || fit.width < 1 || fit.height < 1 || fit.width > most || fit.height > most)
        throw Error(Error::Kind::usage,
                    fmt::format("{} {}: width and height in pixels are wanted, like 240x159, up to {}",
                                option, text, most));
    fit.crop_height = fit.height;
    fit.crop_width = fit.width;
    return fit;
}

Image open_photo(const Sample& sample, const std::optional<Preprocessing>& fit) {
    if (fit) {
        Scratch scratch;
        Image photo{fit->width, fit->height, {}};
        photo.rgb.resize(static_cast<std::size_t>(photo.height) * photo.row_bytes());
        load_photo(sample, *fit, {}, scratch, photo.rgb);
        return photo;
    }
    if (sample.database == nullptr) return decode_file(sample.path);
    return photo_of(read_datum(sample.database->records()[sample.record].value, sample.path), {},
                    sample.path);
}

Packed pack(const std::string& list, LmdbWriter& database, const PackSettings& settings, Work& work) {
    const std::vector<Sample> samples = read_list(list);
    const std::filesystem::path base =
        samples.front().database ? std::filesystem::path(list) : std::filesystem::path(list).parent_path();
    const auto make = [&](std::size_t i) {
        Made made;
        try {
            made.datum = datum_of(samples[i], settings);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::data) throw;
            made.why = error.what();
        }
        return made;
    };
    Packed packed;
    work.begin(samples.size());
    in_order(samples.size(), work.threads, make, [&](std::size_t i, const Made& made) {
        if (made.why.empty()) {
            database.put(datum_key(i, name_for_key(samples[i], base)), made.datum);
            ++packed.photos;
        } else {
            work.progress.say("left out: " + made.why);
            ++packed.broken;
        }
        work.done(i + 1, "photos packed");
    });
    if (packed.photos == 0)
        throw Error(Error::Kind::data,
                    one_line(fmt::format("none of the {} photos can be used; the first is {}", samples.size(),
                                         samples.front().path)));
    database.seal();
    return packed;
}

}  // namespace emulsion::apps
