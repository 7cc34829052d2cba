// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Between plain arrays and the bytes of any layout.
#pragma once

#include <cstddef>
#include <span>

#include "tests/kernels/values.h"

namespace emulsion::kernels::tests {

/// The bytes of an array in a layout. NCHW and NHWC of every type are written here, by a plain loop; an
/// opaque layout is asked of the implementations of `reorder`. Throws std::runtime_error where none
/// knows it.
std::vector<std::byte> to_physical(const Array&, const Layout&);

/// The way back: the cells of a value in NCHW order.
Values to_logical(std::span<const std::byte>, const Shape&, const Layout&);

/// NHWC of a shape, as Layout states it.
Layout nhwc_layout(const Shape&, DataType = DataType::f32);

}  // namespace emulsion::kernels::tests
