// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Photos made in code, each unlike the others.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/serve/backend.h"
#include "data/image.h"

namespace emulsion::test {

Image picture(int width, int height, unsigned seed);

/// As files: a baseline JPEG, or a PNG.
std::string jpeg_of(const Image&);
std::string png_of(const Image&);

/// A PNG whose header claims this size, and that ends soon after.
std::string png_claiming(unsigned width, unsigned height);

}  // namespace emulsion::test
