// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// PNM: binary grey (P5) and colour (P6). Read here because stb_image neither scales by the greatest
// value nor swaps the bytes of wide samples.
#include <string_view>

#include "data/codecs.h"

namespace emulsion {
namespace {

/// Takes the header apart: numbers between white space and comments.
class Header {
   public:
    explicit Header(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    /// The next number, or -1 where there is none or it has more than nine digits.
    std::int64_t number() {
        skip_space();
        std::int64_t value = 0;
        int digits = 0;
        for (; digits < 10 && at_ < bytes_.size() && is_digit(bytes_[at_]); ++at_, ++digits)
            value = value * 10 + (bytes_[at_] - '0');
        return digits >= 1 && digits <= 9 ? value : -1;
    }
    /// What follows the header: one byte of white space, then samples.
    std::span<const std::uint8_t> samples() const {
        return at_ < bytes_.size() && is_space(bytes_[at_]) ? bytes_.subspan(at_ + 1)
                                                            : std::span<const std::uint8_t>{};
    }

   private:
    static bool is_digit(std::uint8_t c) { return c >= '0' && c <= '9'; }
    static bool is_space(std::uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
    void skip_space() {
        bool comment = false;
        for (; at_ < bytes_.size() && (comment || is_space(bytes_[at_]) || bytes_[at_] == '#'); ++at_)
            comment = bytes_[at_] == '#' || (comment && bytes_[at_] != '\n');
    }

    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 2;  // after "P5" or "P6"
};

}  // namespace

void decode_pnm(const Source& source, Raster& raster) {
    Header header(source.bytes);
    const std::int64_t width = header.number(), height = header.number(), most = header.number();
    if (width < 0 || height < 0 || most < 1 || most > 65535) source.refuse("broken PNM: a bad header");
    source.check_size(width, height);
    source.admit(width, height, 2 * 3 + 3);  // samples, image

    raster.width = static_cast<int>(width);
    raster.height = static_cast<int>(height);
    raster.space = source.bytes[1] == '5' ? Raster::Space::grey : Raster::Space::rgb;
    const std::size_t sample = most > 255 ? 2 : 1;
    const std::span<const std::uint8_t> in = header.samples();
    if (in.size() < raster.sample_bytes() * sample) source.refuse("broken PNM: truncated");

    raster.samples.resize(raster.sample_bytes());
    const auto full = static_cast<unsigned>(most);
    for (std::size_t i = 0; i < raster.samples.size(); ++i) {
        const unsigned value = sample == 1 ? in[i] : unsigned{in[2 * i]} << 8 | in[2 * i + 1];
        raster.samples[i] = static_cast<std::uint8_t>((std::min(value, full) * 255 + full / 2) / full);
    }
}

}  // namespace emulsion
