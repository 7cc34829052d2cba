// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the plans of matrix products share: the choice of the tile.
#pragma once

#include <optional>
#include <string>

#include "kernels/cuda/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

/// A product of rows x columns, repeated for each group.
struct ProductShape {
    std::int64_t rows, columns, repeats = 1;

    std::int64_t tiles(std::int64_t edge) const {
        return ((rows + edge - 1) / edge) * ((columns + edge - 1) / edge) * repeats;
    }
};

/// Big tiles load less for each multiply-add. They are taken where there are enough of them to occupy a GPU,
/// and where they do not reach over the product's edges by much more than small ones would.
inline Tile tile_for(const ProductShape& product) {
    constexpr std::int64_t enough = 64;
    const std::int64_t small = product.tiles(64), big = product.tiles(128);
    const bool little_waste = 4 * big <= small + small / 8;  // a big tile is as large as four small ones
    return big >= enough && little_waste ? Tile::big : Tile::small;
}

inline std::string name(Tile tile) {
    return tile == Tile::big ? "128x128" : "64x64";
}

/// Plan P, whose constructor takes a tile last, by one tile whatever the product.
template <class P, Tile tile>
class ByTile final : public P {
   public:
    ByTile(const Operation& op, const Limits& limits) : P(op, limits, tile) {}
};
/// The entry that picks the tile, and one a tile.
template <class P>
std::vector<Implementation> by_tiles() {
    return {implementation<P>(), implementation<ByTile<P, Tile::small>>("tile64"),
            implementation<ByTile<P, Tile::big>>("tile128")};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
