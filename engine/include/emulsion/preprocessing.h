// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The preprocessing contract: how a photo becomes a net's input. It travels inside the model file, so
// that no program that loads the model has to guess.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace emulsion {

/// Photo -> decode -> orient -> portrait rule -> resize -> crop -> channels -> mean -> scale -> input.
struct Preprocessing {
    enum class Decoder {
        exact,   ///< every pixel decoded, then resized
        scaled,  ///< JPEG decoded at the smallest eighth that still covers the target: faster, not equal
    };
    enum class Portrait {
        keep,    ///< the photo keeps its orientation (and is squashed if `fit` says so)
        rotate,  ///< a photo taller than wide is turned by 90 degrees first (the paper's backend)
    };
    enum class Fit {
        squash,      ///< to height x width, whatever the photo's proportions
        short_side,  ///< until it just covers height x width, then the centre is cut out
    };
    /// Resampling. All but nearest widen with the reduction, so that nothing is skipped.
    enum class Filter { nearest, bilinear, bicubic, area, lanczos };

    Decoder decoder = Decoder::exact;
    bool orient = true;  ///< apply the EXIF orientation
    Portrait portrait = Portrait::keep;
    Fit fit = Fit::squash;
    Filter filter = Filter::bilinear;
    int height = 256, width = 256;            ///< size after resizing, in pixels
    int crop_height = 227, crop_width = 227;  ///< the net's input; the centre, or at random in training
    bool bgr = true;                          ///< channel order of the input, and of mean and scale

    /// input = (pixel - mean) * scale, pixel in 0..255, one pair a channel in the net's order.
    std::array<float, 3> mean{0, 0, 0}, scale{1, 1, 1};
    /// If not empty: 3 x height x width, channels in the net's order, taken instead of `mean`.
    std::vector<float> mean_image;

    bool operator==(const Preprocessing&) const = default;
};

/// In one line of words, for people: "decode exactly, orient by EXIF, squash to 256x256 (bilinear), ...".
std::string describe(const Preprocessing&);

}  // namespace emulsion
