// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/caffe_blob.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace emulsion::formats::caffe {
namespace {

/// The product, or none if a side is negative or the product is no number of floats that can exist.
std::optional<std::uint64_t> count_of(const std::vector<std::int64_t>& shape) {
    std::uint64_t count = 1;
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max() / sizeof(double);
    for (const std::int64_t side : shape) {
        if (side < 0) return {};
        const auto factor = static_cast<std::uint64_t>(side);
        if (factor != 0 && count > most / factor) return {};
        count *= factor;
    }
    return count;
}

/// The data of one field as floats; a single packed run is not copied if that can be helped.
Floats floats_of(const Fields& blob, const char* field, Real real, const std::shared_ptr<const void>& owner,
                 const std::string& where) {
    const FieldType* type = blob.message()->type().find(std::string_view(field));
    const auto& values = blob.message()->values();
    const auto is_data = [&](const FieldValue& value) { return value.type == type; };
    const auto first = std::ranges::find_if(values, is_data);
    if (std::ranges::count_if(values, is_data) == 1 && !first->packed.empty())
        return to_floats(real, first->packed, owner, where);
    const auto copies = std::make_shared<const std::vector<float>>(blob.message()->floats(field));
    return {*copies, copies};
}

}  // namespace

std::string shape_text(const std::vector<std::int64_t>& shape) {
    std::string text;
    for (const std::int64_t side : shape) text += (text.empty() ? "" : "x") + std::to_string(side);
    return text.empty() ? "a single number" : text;
}

Blob read_blob(const Fields& blob, const std::shared_ptr<const void>& owner, const std::string& who) {
    Blob read;
    if (blob.has("shape")) {
        read.shape = blob.within("shape").integers("dim");
    } else {
        read.legacy = true;
        for (const char* side : {"num", "channels", "height", "width"})
            read.shape.push_back(blob.integer(side, 0));
    }
    constexpr std::size_t most_dimensions = 32;  // as in Caffe; a message lists them all
    if (read.shape.size() > most_dimensions)
        blob.reading().fail(blob.line(), who + " has " + std::to_string(read.shape.size()) + " dimensions");

    const bool has_float = blob.has("data"), has_double = blob.has("double_data");
    if (has_float && has_double)
        blob.reading().fail(blob.line(), who + " has data twice, as float and double");
    const char* field = has_double ? "double_data" : "data";
    const auto wanted = count_of(read.shape);
    const std::uint64_t given = blob.message()->count(field);
    if (wanted != given)
        blob.reading().fail(blob.line(), who + " holds " + std::to_string(given) + " numbers and should be " +
                                             shape_text(read.shape));
    if (given > 0)
        read.values = floats_of(blob, field, has_double ? Real::f64 : Real::f32, owner,
                                blob.reading().path() + ": " + who);
    return read;
}

}  // namespace emulsion::formats::caffe
