// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// JPEG through libjpeg-turbo: baseline, progressive and arithmetic; grey, YCbCr, RGB, CMYK and YCCK.
//
// libjpeg leaves by longjmp, which skips destructors. So it is entered only through `guarded`, with
// steps that own nothing; everything with a destructor lives outside, in ordinary C++.
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>

#include <jerror.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "data/codecs.h"
#include "data/metadata.h"
#include "data/orient.h"

namespace emulsion {
namespace {

/// A progressive file may repeat its scans without end, each a walk over the whole picture however few bytes
/// it has. Real ones have about ten, of four inks 18: any photo may have 32. A small one may have more, up to
/// the work of 32 scans over the 100 megapixels that a photo has at most, but no more than 500.
int most_scans(const jpeg_decompress_struct& info) {
    constexpr std::uint64_t always = 32, ever = 500, pixels = always * 100'000'000;
    return static_cast<int>(
        std::clamp(pixels / (std::uint64_t{info.image_width} * info.image_height), always, ever));
}

/// libjpeg's state, and where it jumps to when it gives up.
struct Decompressor {
    jpeg_decompress_struct info{};
    jpeg_error_mgr errors{};
    jpeg_progress_mgr progress{};
    std::jmp_buf escape{};
    char message[JMSG_LENGTH_MAX] = {};
    const DecodeOptions& options;

    explicit Decompressor(const DecodeOptions& wanted) : options(wanted) {}
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;
    ~Decompressor() { jpeg_destroy_decompress(&info); }
};

Decompressor& owner(j_common_ptr info) {
    return *static_cast<Decompressor*>(info->client_data);
}

[[noreturn]] void give_up(j_common_ptr info, const char* message) {
    Decompressor& jpeg = owner(info);
    std::snprintf(jpeg.message, sizeof jpeg.message, "%s", message);
    std::longjmp(jpeg.escape, 1);
}

[[noreturn]] void on_error(j_common_ptr info) {
    char text[JMSG_LENGTH_MAX];
    (*info->err->format_message)(info, text);
    give_up(info, text);
}

/// libjpeg only warns of missing or damaged data and fills in grey; here such a photo is broken.
/// Its other warnings are of bytes between markers and unknown versions, which harm nothing.
void on_message(j_common_ptr info, int level) {
    if (level >= 0) return;
    switch (info->err->msg_code) {
        case JWRN_JPEG_EOF:
        case JWRN_HIT_MARKER:
            give_up(info, "truncated");
        case JWRN_HUFF_BAD_CODE:
        case JWRN_ARITH_BAD_CODE:
        case JWRN_MUST_RESYNC:
        case JWRN_BOGUS_PROGRESSION:
            on_error(info);
        default:
            break;
    }
}

/// Called for every row of blocks, also while a progressive file is gathered.
void on_progress(j_common_ptr info) {
    const auto* decompress = reinterpret_cast<j_decompress_ptr>(info);
    constexpr int any_has = 1;  // which needs no sum
    if (decompress->input_scan_number > any_has && decompress->input_scan_number > most_scans(*decompress))
        give_up(info, "too many scans");
    if (owner(info).options.is_over()) give_up(info, "stopped");
}

/// Runs a step inside libjpeg; false if it gave up, and `message` then says why. Neither the step nor
/// what it calls may hold an object with a destructor.
template <class Step>
bool guarded(Decompressor& jpeg, const Step& step) {
    if (setjmp(jpeg.escape) != 0) return false;
    step();
    return true;
}

bool read_header(Decompressor& jpeg, std::span<const std::uint8_t> bytes) {
    jpeg.info.err = jpeg_std_error(&jpeg.errors);
    jpeg.errors.error_exit = on_error;
    jpeg.errors.emit_message = on_message;
    jpeg.info.client_data = &jpeg;
    return guarded(jpeg, [&] {
        jpeg_create_decompress(&jpeg.info);
        jpeg.progress.progress_monitor = on_progress;
        jpeg.info.progress = &jpeg.progress;
        jpeg_mem_src(&jpeg.info, bytes.data(), bytes.size());
        jpeg_save_markers(&jpeg.info, JPEG_APP0 + 1, 0xFFFF);  // EXIF
        jpeg_save_markers(&jpeg.info, JPEG_APP0 + 2, 0xFFFF);  // ICC
        jpeg_read_header(&jpeg.info, TRUE);
    });
}

/// The content of the EXIF marker, or nothing.
std::span<const std::uint8_t> find_exif(const jpeg_decompress_struct& info) {
    using namespace std::string_view_literals;
    for (auto* marker = info.marker_list; marker != nullptr; marker = marker->next) {
        const std::span<const std::uint8_t> content(marker->data, marker->data_length);
        const std::string_view head(reinterpret_cast<const char*>(marker->data), marker->data_length);
        if (marker->marker == JPEG_APP0 + 1 && head.starts_with("Exif\0\0"sv)) return content;
    }
    return {};
}

std::vector<std::uint8_t> read_profile(Decompressor& jpeg) {
    JOCTET* data = nullptr;
    unsigned length = 0;
    const bool found = guarded(jpeg, [&] { jpeg_read_icc_profile(&jpeg.info, &data, &length); });
    const std::unique_ptr<JOCTET, decltype(&std::free)> owned(data, &std::free);
    if (!found || owned == nullptr) return {};
    return {owned.get(), owned.get() + length};
}

/// The samples to ask for; false for components that nothing says the meaning of.
bool choose_space(jpeg_decompress_struct& info, Raster::Space& space) {
    switch (info.jpeg_color_space) {
        case JCS_GRAYSCALE:
            info.out_color_space = JCS_GRAYSCALE;
            space = Raster::Space::grey;
            return true;
        case JCS_RGB:
        case JCS_YCbCr:
            info.out_color_space = JCS_RGB;
            space = Raster::Space::rgb;
            return true;
        case JCS_CMYK:
        case JCS_YCCK:
            info.out_color_space = JCS_CMYK;
            space = Raster::Space::cmyk;
            return true;
        default:
            return false;
    }
}

/// The smallest eighth at which the photo, upright and after the portrait rule, still covers the target.
unsigned choose_eighths(unsigned width, unsigned height, int orientation, const DecodeOptions::Cover& cover) {
    if (turn_of(orientation).swapped) std::swap(width, height);
    if (cover.portrait == Preprocessing::Portrait::rotate && height > width) std::swap(width, height);
    const auto covers = [](unsigned side, unsigned eighths, int target) {
        return (side * std::uint64_t{eighths} + 7) / 8 >= static_cast<std::uint64_t>(target);
    };
    unsigned eighths = 1;
    while (eighths < 8 && !(covers(width, eighths, cover.width) && covers(height, eighths, cover.height)))
        ++eighths;
    return eighths;
}

/// Where decoded rows go: row y to place y modulo `places`.
struct Ring {
    std::uint8_t* first;
    std::size_t stride;  ///< bytes from one place to the next
    unsigned places;
};

/// libjpeg-turbo writes to rows that are aligned for it past the caches, which is right for a photo that is
/// decoded now and used some time later. Here each row is read at once, and would come back from memory: at
/// an odd place it stays in the nearest cache.
constexpr std::size_t register_bytes = 32, odd_place = 8;

Ring make_ring(std::vector<std::uint8_t>& memory, std::size_t row_bytes, int places) {
    const std::size_t stride = (row_bytes + register_bytes - 1) / register_bytes * register_bytes;
    memory.resize(stride * static_cast<std::size_t>(places) + register_bytes + odd_place);
    const std::size_t past = reinterpret_cast<std::uintptr_t>(memory.data()) % register_bytes;
    return {memory.data() + (register_bytes - past) + odd_place, stride, static_cast<unsigned>(places)};
}

/// Hands each row to the taker if there is one.
bool read_rows(Decompressor& jpeg, const Ring& ring, RowTaker* taker) {
    return guarded(jpeg, [&] {
        while (jpeg.info.output_scanline < jpeg.info.output_height) {
            JSAMPROW row = ring.first + (jpeg.info.output_scanline % ring.places) * ring.stride;
            jpeg_read_scanlines(&jpeg.info, &row, 1);
            if (taker != nullptr) taker->take(row);
        }
    });
}

/// What decoding a pixel takes at most: libjpeg keeps all coefficients of a file in several scans, and rows
/// that nobody takes as they come become an image.
std::size_t bytes_a_pixel(jpeg_decompress_struct& info, bool by_rows) {
    const auto components = static_cast<std::size_t>(info.num_components);
    const std::size_t coefficients = jpeg_has_multiple_scans(&info) != 0 ? sizeof(JCOEF) * components : 0;
    return coefficients + (by_rows ? 0 : components + 3);
}

}  // namespace

bool decode_jpeg(const Source& source, Raster& raster, RowTaker* taker) {
    Decompressor jpeg(source.options);
    jpeg_decompress_struct& info = jpeg.info;
    const auto insist = [&](bool done) {
        if (done) return;
        source.check_stop();
        source.refuse(std::string("broken JPEG: ") + jpeg.message);
    };

    insist(read_header(jpeg, source.bytes));
    source.check_size(info.image_width, info.image_height);
    if (!choose_space(info, raster.space))
        source.refuse("a JPEG of " + std::to_string(info.num_components) + " components of unknown meaning");
    raster.profile = read_profile(jpeg);
    if (source.options.orient) raster.orientation = exif_orientation(find_exif(info));
    info.scale_denom = 8;
    info.scale_num = source.options.cover ? choose_eighths(info.image_width, info.image_height,
                                                           raster.orientation, *source.options.cover)
                                          : 8;

    const bool by_rows = taker != nullptr && raster.space == Raster::Space::rgb && raster.profile.empty();
    source.admit(info.image_width, info.image_height, bytes_a_pixel(info, by_rows));
    insist(guarded(jpeg, [&] { jpeg_start_decompress(&info); }));
    raster.width = static_cast<int>(info.output_width);
    raster.height = static_cast<int>(info.output_height);
    const std::size_t row_bytes = raster.sample_bytes() / info.output_height;
    if (by_rows) {
        const int places = taker->begin(raster.height, raster.width, raster.orientation);
        insist(read_rows(jpeg, make_ring(raster.samples, row_bytes, places), taker));
        return true;
    }
    raster.samples.resize(raster.sample_bytes());
    insist(read_rows(jpeg, {raster.samples.data(), row_bytes, info.output_height}, nullptr));
    // Adobe stores inks inverted, and every program that writes CMYK with its marker follows.
    if (raster.space == Raster::Space::cmyk && info.saw_Adobe_marker)
        for (std::uint8_t& ink : raster.samples) ink = static_cast<std::uint8_t>(255 - ink);
    return false;
}

}  // namespace emulsion
