// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The eight orientations, against EXIF's own words: which side of the scene the stored photo's first
// row and first column are.
#include "data/orient.h"

#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

/// Where the stored pixel (row, column) belongs in the upright photo. `row_0` is the side of the scene
/// that the stored first row shows, `column_0` that of the first column (EXIF 2.3, tag 0x0112).
struct Definition {
    std::string row_0, column_0;
};
const Definition definitions[] = {{"top", "left"}, {"top", "right"}, {"bottom", "right"}, {"bottom", "left"},
                                  {"left", "top"}, {"right", "top"}, {"right", "bottom"}, {"left", "bottom"}};

/// The place along the side that `zero` names: rows counted from the top, columns from the left.
int place(const std::string& zero, int index, int count) {
    return zero == "top" || zero == "left" ? index : count - 1 - index;
}

TEST(Orient, FollowsExifDefinition) {
    const Image stored = noise_photo(70, 41, 1);  // larger than a tile, no multiple of it
    for (int orientation = 1; orientation <= 8; ++orientation) {
        const auto& [row_0, column_0] = definitions[orientation - 1];
        const bool rows_are_rows = row_0 == "top" || row_0 == "bottom";
        const Image upright_photo = orient(stored, orientation);
        ASSERT_EQ(upright_photo.width, rows_are_rows ? 70 : 41);
        ASSERT_EQ(upright_photo.height, rows_are_rows ? 41 : 70);
        for (int r = 0; r < stored.height; ++r)
            for (int c = 0; c < stored.width; ++c) {
                const int along_rows = place(row_0, r, stored.height),
                          along_columns = place(column_0, c, stored.width);
                const int y = rows_are_rows ? along_rows : along_columns,
                          x = rows_are_rows ? along_columns : along_rows;
                ASSERT_EQ(pixel(upright_photo, x, y), pixel(stored, c, r)) << orientation;
            }
    }
}

TEST(Orient, QuarterTurnsAreCounterClockwise) {
    const Image stored = noise_photo(7, 5, 2);
    const Image turned = orient(stored, then_quarter_turn(upright));
    EXPECT_EQ(pixel(turned, 0, 0), pixel(stored, 6, 0)) << "the right upper corner comes to the left";
    for (int orientation = 1; orientation <= 8; ++orientation)
        EXPECT_EQ(orient(stored, then_quarter_turn(orientation)),
                  orient(orient(stored, orientation), then_quarter_turn(upright)))
            << orientation;
}

TEST(Orient, OtherNumbersAreUpright) {
    const Image photo = noise_photo(3, 2, 3);
    for (const int orientation : {-1, 0, 9, 1000}) EXPECT_EQ(orient(photo, orientation), photo);
    EXPECT_EQ(orient(photo, then_quarter_turn(0)), orient(photo, 8));
}

}  // namespace
}  // namespace emulsion::tests
