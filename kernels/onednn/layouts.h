// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Between the engine's Layout and oneDNN's memory descriptors.
#pragma once

#include <dnnl.hpp>
#include <optional>
#include <string>

#include "kernels/kernels.h"

namespace emulsion::kernels::onednn {

using dnnl::memory;

memory::dims dims(const Shape&);
memory::desc plain_desc(const Shape&, memory::data_type = memory::data_type::f32);
memory::desc any_desc(const memory::dims&, memory::data_type);

/// The layout of a value of four dimensions: nchw or nhwc where the elements lie just so, else opaque.
Layout value_layout(const memory::desc&);
/// An opaque layout for what only this folder reads: packed weights, what forward saves for backward.
Layout private_layout(const memory::desc&, std::string name);
/// Packed weights, named after their blocking: "OIhw16i16o".
Layout packed_layout(const memory::desc&);

/// The descriptor of a layout: plain, NHWC, or opaque and ours. None where it is not known (bytes == 0), is
/// another implementation's, or is of another shape.
std::optional<memory::desc> known_desc(const Layout&, const Shape&);
/// Of what arrives, or plain f32 where that is not known.
memory::desc arriving_desc(const Limits&, Operand, const Shape&);

/// The same arrangement for another number of images; none where an image is not one run of memory.
std::optional<memory::desc> with_images(const memory::desc&, std::int64_t images);

/// How the values of an image lie, where that can be said so simply: planes of h x w cells, each of `lanes`
/// consecutive channels. Plain: a plane a channel, one lane. NHWC: one plane, a lane a channel. Blocked: a
/// plane for each block of 8 or 16 channels, padded with zeros.
struct Planes {
    memory::format_tag tag;
    DataType type;
    std::int64_t per_image, lanes;
};
std::optional<Planes> planes_of(const memory::desc&);

}  // namespace emulsion::kernels::onednn
