// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/mosaic.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <algorithm>

#include "apps/in_order.h"
#include "apps/plot.h"
#include "data/base64.h"
#include "data/decode.h"
#include "data/encode.h"
#include "data/resize.h"

namespace emulsion::apps {
namespace {

constexpr int thumbnail_height = 140, thumbnail_quality = 75;

/// An <img>, or an empty place where there is no photo to show.
std::string picture(const MosaicPhoto& photo) {
    try {
        DecodeOptions options;
        options.cover =
            DecodeOptions::Cover{thumbnail_height, thumbnail_height, Preprocessing::Portrait::keep};
        const Image large = decode_file(photo.path, options);
        const int width = std::max(1, large.width * thumbnail_height / large.height);
        const Image small = large.height <= thumbnail_height
                                ? large
                                : resize(large, thumbnail_height, width, Preprocessing::Filter::area);
        return fmt::format("<img loading=\"lazy\" alt=\"{}\" src=\"{}\">", escape_markup(photo.name),
                           data_uri("image/jpeg", encode_jpeg(small, thumbnail_quality)));
    } catch (const Error&) {
        return "<span class=\"gone\"></span>";  // nobody looked whether it is there, or it went meanwhile
    }
}

}  // namespace

void add_mosaic(std::string& page, const std::string& title, const std::string& words,
                const std::vector<MosaicPhoto>& photos, int threads) {
    if (photos.empty()) return;
    page += fmt::format("<section>\n<h2>{}</h2>\n<p class=\"soft\">{}</p>\n<div class=\"mosaic\">\n", title,
                        words);
    in_order(
        photos.size(), threads, [&](std::size_t i) { return picture(photos[i]); },
        [&](std::size_t i, const std::string& image) {
            const MosaicPhoto& photo = photos[i];
            page += fmt::format("<figure class=\"{}\">{}<figcaption><b>{}</b> {}</figcaption></figure>\n",
                                photo.look, image, escape_markup(photo.figure), escape_markup(photo.caption));
        });
    page += "</div>\n</section>\n";
}

}  // namespace emulsion::apps
