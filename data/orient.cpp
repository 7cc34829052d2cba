// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/orient.h"

#include <algorithm>
#include <utility>

namespace emulsion {

Placement placement(int orientation, int height, int width) {
    const Turn turn = turn_of(orientation);
    const std::ptrdiff_t row = 3 * static_cast<std::ptrdiff_t>(turn.swapped ? height : width);
    Placement to{0, turn.swapped ? 3 : row, turn.swapped ? row : 3};
    if (turn.from_bottom) {
        to.first += (height - 1) * to.down;
        to.down = -to.down;
    }
    if (turn.from_right) {
        to.first += (width - 1) * to.along;
        to.along = -to.along;
    }
    return to;
}

Image orient(Image photo, int orientation) {
    const Turn turn = turn_of(orientation);
    if (!turn.swapped && !turn.from_bottom && !turn.from_right) return photo;

    // Where the result's first pixel lies in the source, and how far apart in the source are the
    // result's neighbours across and down.
    const std::ptrdiff_t row = 3 * static_cast<std::ptrdiff_t>(photo.width);
    const std::ptrdiff_t along = turn.from_right ? -3 : 3, down = turn.from_bottom ? -row : row;
    const std::ptrdiff_t step_x = turn.swapped ? down : along, step_y = turn.swapped ? along : down;
    const std::uint8_t* origin = photo.rgb.data() + (turn.from_bottom ? (photo.height - 1) * row : 0) +
                                 (turn.from_right ? row - 3 : 0);

    Image turned{photo.width, photo.height, std::vector<std::uint8_t>(photo.rgb.size())};
    if (turn.swapped) std::swap(turned.width, turned.height);

    // In tiles, because a column of the source touches a cache line a pixel: a tile's lines are used
    // up while they are still near.
    constexpr int tile = 32;
    for (int tile_y = 0; tile_y < turned.height; tile_y += tile)
        for (int tile_x = 0; tile_x < turned.width; tile_x += tile)
            for (int y = tile_y; y < std::min(tile_y + tile, turned.height); ++y) {
                const std::uint8_t* in = origin + y * step_y + tile_x * step_x;
                std::uint8_t* out = turned.rgb.data() + static_cast<std::size_t>(y) * turned.row_bytes() +
                                    static_cast<std::size_t>(tile_x) * 3;
                const int end = std::min(tile_x + tile, turned.width);
                for (int x = tile_x; x < end; ++x, in += step_x, out += 3) {
                    out[0] = in[0];
                    out[1] = in[1];
                    out[2] = in[2];
                }
            }
    return turned;
}

}  // namespace emulsion
