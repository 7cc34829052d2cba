// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How: bands of eight rows. Each row of a band is first gathered down the columns (a weighted sum of
// whole source rows: contiguous, so it vectorises), then the band is turned so that its eight rows lie
// side by side for every sample, and summed along the row eight rows at a time: contiguous again. It is
// turned no further than the sums have come, so that what they read is in the nearest cache.
// Where the width stays as it is, a gathered row is an output row.
#include "data/resize.h"

#include <algorithm>
#include <cstring>

namespace emulsion {
namespace {

/// Eight numbers at a time: what one AVX register holds.
constexpr int lanes = 8;
using Floats = float __attribute__((vector_size(4 * lanes)));
using Ints = std::int32_t __attribute__((vector_size(4 * lanes)));
using Bytes = std::uint8_t __attribute__((vector_size(4 * lanes)));

Floats load(const float* from) {
    Floats values;
    std::memcpy(&values, from, sizeof values);
    return values;
}

/// Spelt out, because the compiler makes one instruction of this and many of anything else.
Floats load(const std::uint8_t* from) {
    const Ints values{from[0], from[1], from[2], from[3], from[4], from[5], from[6], from[7]};
    return __builtin_convertvector(values, Floats);
}

/// Rounded and cut off at 0 and 255.
Ints rounded(Floats values) {
    const Ints low = {}, high = low + 255;
    const Ints whole = __builtin_convertvector(values + 0.5F, Ints);  // towards zero; what is below becomes 0
    const Ints lifted = whole < low ? low : whole;
    return lifted > high ? high : lifted;
}

void store(Floats values, float* to) {
    std::memcpy(to, &values, sizeof values);
}

/// Four registers' worth of samples: laid over each other as the bytes of eight numbers, then put in order,
/// within the halves of a register and across them, since the compiler finds none of this itself.
void store(Floats a, Floats b, Floats c, Floats d, std::uint8_t* to) {
    const Ints numbers = rounded(a) | rounded(b) << 8 | rounded(c) << 16 | rounded(d) << 24;
    const auto over = reinterpret_cast<Bytes>(numbers);
    const auto halves = reinterpret_cast<Ints>(
        __builtin_shufflevector(over, over, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15,  //
                                16, 20, 24, 28, 17, 21, 25, 29, 18, 22, 26, 30, 19, 23, 27, 31));
    const Ints ordered = __builtin_shufflevector(halves, halves, 0, 4, 1, 5, 2, 6, 3, 7);
    std::memcpy(to, &ordered, sizeof ordered);
}

void store(Floats a, Floats b, Floats c, Floats d, float* to) {
    store(a, to);
    store(b, to + lanes);
    store(c, to + 2 * lanes);
    store(d, to + 3 * lanes);
}

/// Some rows, each with its weight.
struct WeightedRows {
    const std::uint8_t* const* rows;
    const float* weights;
    int count;
};

/// out[i] = sum over the rows of weight * row[from + i], for some lanes' worth of samples; the sums stay in
/// registers for all rows.
template <int vectors, class Out>
void gather_strip(const WeightedRows& in, std::size_t from, Out* out) {
    Floats sums[vectors];
    for (Floats& sum : sums) sum = Floats{};
    for (int k = 0; k < in.count; ++k)
        for (int v = 0; v < vectors; ++v) sums[v] += in.weights[k] * load(in.rows[k] + from + v * lanes);
    for (int v = 0; v < vectors; v += 4)
        store(sums[v], sums[v + 1], sums[v + 2], sums[v + 3], out + v * lanes);
}

/// The same for all `samples` of the rows from `from` on.
template <class Out>
void gather_rows(const WeightedRows& in, std::size_t from, std::size_t samples, Out* out) {
    constexpr std::size_t wide = 8 * lanes, narrow = 4 * lanes;
    std::size_t i = 0;
    for (; i + wide <= samples; i += wide) gather_strip<8>(in, from + i, out + i);
    for (; i + narrow <= samples; i += narrow) gather_strip<4>(in, from + i, out + i);
    if (i == samples) return;
    if (samples >= narrow) {  // once more what overlaps with the last of them: faster than sample by sample
        gather_strip<4>(in, from + samples - narrow, out + samples - narrow);
        return;
    }
    Floats sums[4] = {};
    for (int k = 0; k < in.count; ++k)
        for (std::size_t r = 0; r < samples; ++r)
            sums[r / lanes][r % lanes] += in.weights[k] * static_cast<float>(in.rows[k][from + r]);
    Out stored[narrow];
    store(sums[0], sums[1], sums[2], sums[3], stored);
    std::copy_n(stored, samples, out);
}

constexpr int band = lanes;  ///< rows summed together

/// Four numbers from either place, side by side.
Floats load_halves(const float* lower, const float* upper) {
    using Half = float __attribute__((vector_size(2 * lanes)));
    Half low, high;
    std::memcpy(&low, lower, sizeof low);
    std::memcpy(&high, upper, sizeof high);
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
}

/// Four samples of eight rows, turned: turned[i * band + r] = lines[r * samples + i]. Rows r and r + 4 share
/// a register, since registers are shuffled best within their halves.
void turn_block(const float* lines, std::size_t samples, float* turned) {
    Floats rows[4];
    for (std::size_t r = 0; r < 4; ++r) rows[r] = load_halves(lines + r * samples, lines + (r + 4) * samples);
    const Floats a = __builtin_shufflevector(rows[0], rows[1], 0, 8, 1, 9, 4, 12, 5, 13);
    const Floats b = __builtin_shufflevector(rows[2], rows[3], 0, 8, 1, 9, 4, 12, 5, 13);
    const Floats c = __builtin_shufflevector(rows[0], rows[1], 2, 10, 3, 11, 6, 14, 7, 15);
    const Floats d = __builtin_shufflevector(rows[2], rows[3], 2, 10, 3, 11, 6, 14, 7, 15);
    store(__builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13), turned);
    store(__builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15), turned + band);
    store(__builtin_shufflevector(c, d, 0, 1, 8, 9, 4, 5, 12, 13), turned + 2 * band);
    store(__builtin_shufflevector(c, d, 2, 3, 10, 11, 6, 7, 14, 15), turned + 3 * band);
}

/// Turns what is not turned yet, at least as far as sample `until`; answers how far it came.
std::size_t turn_until(std::size_t until, const float* lines, std::size_t samples, float* turned,
                       std::size_t done) {
    constexpr std::size_t block = 4;
    for (; done < until && done + block <= samples; done += block)
        turn_block(lines + done, samples, turned + done * band);
    for (; done < until; ++done)
        for (std::size_t r = 0; r < band; ++r) turned[done * band + r] = lines[r * samples + done];
    return done;
}

/// Eight pixels, each in the lower three bytes of a number, to places `stride` bytes apart.
void store_pixels(Ints pixels, int rows, std::ptrdiff_t stride, std::uint8_t* out) {
    if (rows == band && stride == 3) {  // a quarter turn: rows of the band are neighbours in the photo
        // Each of the rows that are written to by turns is soon to reach a line that no cache has.
        __builtin_prefetch(out + 64, 1);
        const auto bytes = reinterpret_cast<Bytes>(pixels);
        const Bytes packed =
            __builtin_shufflevector(bytes, bytes, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0,  //
                                    16, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29, 30, 0, 0, 0, 0);
        std::memcpy(out, &packed, 12);
        std::memcpy(out + 12, reinterpret_cast<const std::uint8_t*>(&packed) + 16, 12);
        return;
    }
    for (int r = 0; r < rows; ++r, out += stride) {
        const std::int32_t pixel = pixels[r];
        std::memcpy(out, &pixel, 3);
    }
}

/// One output pixel of each row of the band.
void sum_along(const float* turned, const float* weights, int count, int rows, std::ptrdiff_t stride,
               std::uint8_t* out) {
    Floats sums[3] = {};
    for (int k = 0; k < count; ++k) {
        for (int c = 0; c < 3; ++c) sums[c] += weights[k] * load(turned + c * band);
        turned += 3 * band;
    }
    store_pixels(rounded(sums[0]) | rounded(sums[1]) << 8 | rounded(sums[2]) << 16, rows, stride, out);
}

}  // namespace

void Resizer::begin(int height, int width, const ResizeTo& to, Preprocessing::Filter filter,
                    const Placement& placement, std::uint8_t* out) {
    down_ = &recent_down_.of({height, to.full_height, to.top, to.height, filter});
    along_ = &recent_along_.of({width, to.full_width, to.left, to.width, filter});
    placement_ = placement;
    out_ = out;
    taken_ = 0;
    place_ = 0;
    made_ = 0;
    rows_.resize(2 * static_cast<std::size_t>(span()));
    samples_ = static_cast<std::size_t>(along_->end - along_->begin) * 3;
    lines_.resize(band * samples_);
    turned_.resize(band * samples_);
}

void Resizer::take(const std::uint8_t* row) noexcept {
    const auto kept = static_cast<std::size_t>(span());
    rows_[place_] = rows_[place_ + kept] = row;
    place_ = place_ + 1 == kept ? 0 : place_ + 1;
    ++taken_;
    while (made_ < down_->ranges.size() && down_->ranges[made_].first + down_->ranges[made_].count <= taken_)
        make_row(made_++);
}

void Resizer::make_row(std::size_t y) noexcept {
    const Taps::Range& range = down_->ranges[y];
    const WeightedRows in{&rows_[static_cast<std::size_t>(range.first % span())], down_->weights_of(range),
                          range.count};
    const std::size_t from = static_cast<std::size_t>(along_->begin) * 3;
    if (along_->copies && placement_.along == 3) {
        gather_rows(in, from, samples_, out_ + placement_.of(static_cast<std::ptrdiff_t>(y), 0));
        return;
    }
    const std::size_t line = y % band;
    gather_rows(in, from, samples_, &lines_[line * samples_]);
    if (line + 1 == band || y + 1 == down_->ranges.size()) finish_band(y - line, static_cast<int>(line) + 1);
}

void Resizer::finish_band(std::size_t top, int rows) noexcept {
    std::size_t turned = 0;
    std::uint8_t* pixel = out_ + placement_.of(static_cast<std::ptrdiff_t>(top), 0);
    for (const Taps::Range& range : along_->ranges) {
        const auto offset = static_cast<std::size_t>(range.first - along_->begin) * 3 * band;
        const auto end = static_cast<std::size_t>(range.first + range.count - along_->begin) * 3;
        turned = turn_until(end, lines_.data(), samples_, turned_.data(), turned);
        sum_along(&turned_[offset], along_->weights_of(range), range.count, rows, placement_.down, pixel);
        pixel += placement_.along;
    }
}

Image resize(const Image& photo, const ResizeTo& to, Preprocessing::Filter filter) {
    const bool whole = to.height == to.full_height && to.width == to.full_width;
    if (whole && to.height == photo.height && to.width == photo.width) return photo;
    Image out{to.width, to.height, {}};
    out.rgb.resize(static_cast<std::size_t>(out.height) * out.row_bytes());
    Resizer resizer;
    resizer.begin(photo.height, photo.width, to, filter, placement(upright, out.height, out.width),
                  out.rgb.data());
    for (int y = 0; y < photo.height; ++y)
        resizer.take(photo.rgb.data() + static_cast<std::size_t>(y) * photo.row_bytes());
    return out;
}

Image resize(const Image& photo, int height, int width, Preprocessing::Filter filter) {
    return resize(photo, ResizeTo{height, width, 0, 0, height, width}, filter);
}

}  // namespace emulsion
