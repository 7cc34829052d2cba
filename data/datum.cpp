// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/datum.h"

#include <emulsion/error.h>
#include <array>

#include "data/files.h"
#include "engine/formats/message.h"

namespace emulsion {
namespace {

using formats::FieldKind;

constexpr std::array<formats::FieldType, 7> fields{{
    {.number = 1, .name = "channels", .kind = FieldKind::int64},
    {.number = 2, .name = "height", .kind = FieldKind::int64},
    {.number = 3, .name = "width", .kind = FieldKind::int64},
    {.number = 4, .name = "data", .kind = FieldKind::bytes},
    {.number = 5, .name = "label", .kind = FieldKind::int64},
    {.number = 6, .name = "float_data", .kind = FieldKind::float32, .repeated = true},
    {.number = 7, .name = "encoded", .kind = FieldKind::boolean},
}};
constexpr formats::MessageType datum_type{"Datum", fields};

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
    throw Error(Error::Kind::data, one_line(name + ": " + what));
}

std::string size_text(const Datum& d) {
    return std::to_string(d.channels) + "x" + std::to_string(d.height) + "x" + std::to_string(d.width);
}

/// Whether a Datum's sizes are those of its data; a side beyond 65,535 is no photo's, and cannot overflow.
bool sizes_agree(const Datum& d) {
    constexpr std::int64_t most = 65535;
    for (const std::int64_t side : {d.channels, d.height, d.width})
        if (side < 1 || side > most) return false;
    const auto count = static_cast<std::uint64_t>(d.channels * d.height * d.width);
    return d.data.empty() ? d.floats.size() == count : d.data.size() == count;
}

class Bytes final : public formats::ByteSink {
   public:
    void append(std::span<const std::byte> part) override { all.insert(all.end(), part.begin(), part.end()); }
    std::vector<std::byte> all;
};

std::vector<std::byte> bytes_of(const formats::Message& message) {
    Bytes sink;
    sink.all.reserve(formats::wire_size(message));
    formats::write_wire(message, sink);
    return std::move(sink.all);
}

}  // namespace

Datum read_datum(std::span<const std::byte> bytes, const std::string& name) {
    formats::Unknown unknown;
    const formats::Message message = read_wire(bytes, datum_type, one_line(name), unknown);
    Datum datum;
    datum.channels = message.integer("channels");
    datum.height = message.integer("height");
    datum.width = message.integer("width");
    datum.label = message.integer("label");
    datum.encoded = message.flag("encoded");
    datum.data = std::as_bytes(std::span(message.view("data")));
    datum.floats = message.floats("float_data");
    if (datum.encoded ? datum.data.empty() : !sizes_agree(datum))
        refuse(name, "a Datum of " + size_text(datum) + " with " + std::to_string(datum.data.size()) +
                         " bytes and " + std::to_string(datum.floats.size()) + " floats");
    return datum;
}

Image photo_of(const Datum& datum, const DecodeOptions& options, const std::string& name) {
    if (datum.encoded) return decode_photo(datum.data, options, name);
    if (datum.data.empty()) refuse(name, "a Datum of floats, which are no pixels");
    if (datum.channels != 1 && datum.channels != 3)
        refuse(name, "a Datum of " + size_text(datum) + "; photos have 1 or 3 channels");
    Image photo{static_cast<int>(datum.width), static_cast<int>(datum.height), {}};
    const std::size_t plane = datum.data.size() / static_cast<std::size_t>(datum.channels);
    const auto* blue = reinterpret_cast<const std::uint8_t*>(datum.data.data());
    const std::size_t step = datum.channels == 3 ? plane : 0;
    photo.rgb.resize(plane * 3);
    for (std::size_t i = 0; i < plane; ++i) {
        photo.rgb[3 * i] = blue[2 * step + i];
        photo.rgb[3 * i + 1] = blue[step + i];
        photo.rgb[3 * i + 2] = blue[i];
    }
    return photo;
}

std::vector<std::byte> raw_datum(const Image& photo, std::int32_t label) {
    const std::size_t plane = photo.rgb.size() / 3;
    std::vector<std::uint8_t> planes(photo.rgb.size());
    for (std::size_t i = 0; i < plane; ++i)
        for (std::size_t c = 0; c < 3; ++c) planes[c * plane + i] = photo.rgb[3 * i + 2 - c];
    formats::Message message(datum_type);
    message.add_integer("channels", 3);
    message.add_integer("height", photo.height);
    message.add_integer("width", photo.width);
    message.add_bytes("data", std::as_bytes(std::span(planes)));
    message.add_integer("label", label);
    message.add_integer("encoded", 0);
    return bytes_of(message);
}

std::vector<std::byte> encoded_datum(std::span<const std::byte> file, std::int32_t label) {
    formats::Message message(datum_type);
    message.add_bytes("data", file);
    message.add_integer("label", label);
    message.add_integer("encoded", 1);
    return bytes_of(message);
}

std::string datum_key(std::size_t index, const std::string& path) {
    constexpr std::size_t most_bytes = 511;  // LMDB's
    std::string number = std::to_string(index);
    number.insert(0, number.size() < 8 ? 8 - number.size() : 0, '0');
    number += '_';
    const std::size_t room = most_bytes - number.size();
    return number + (path.size() <= room ? path : path.substr(path.size() - room));
}

}  // namespace emulsion
