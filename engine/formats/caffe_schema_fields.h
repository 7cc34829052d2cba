// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A vocabulary for writing Caffe's tables of fields, and the tables that several files need.
#pragma once

#include "engine/formats/message.h"

namespace emulsion::formats::caffe {

constexpr FieldType integer(int number, const char* name) {
    return {.number = number, .name = name, .kind = FieldKind::int64};
}
constexpr FieldType natural(int number, const char* name) {
    return {.number = number, .name = name, .kind = FieldKind::uint64};
}
constexpr FieldType flag(int number, const char* name) {
    return {.number = number, .name = name, .kind = FieldKind::boolean};
}
constexpr FieldType real(int number, const char* name) {
    return {.number = number, .name = name, .kind = FieldKind::float32};
}
constexpr FieldType text(int number, const char* name) {
    return {.number = number, .name = name, .kind = FieldKind::text};
}
constexpr FieldType choice(int number, const char* name, std::span<const Choice> choices) {
    return {.number = number, .name = name, .kind = FieldKind::choice, .choices = choices};
}
constexpr FieldType nested(int number, const char* name, const MessageType& message) {
    return {.number = number, .name = name, .kind = FieldKind::message, .message = &message};
}
constexpr FieldType many(FieldType field) {
    field.repeated = true;
    return field;
}
constexpr FieldType packed(FieldType field) {
    field.repeated = field.packed = true;
    return field;
}

extern const MessageType blob_shape, filler;

/// Parameters of a type of layer: the field of LayerParameter, and its number in LayerParameter and in
/// the old V1LayerParameter (0 where that has none).
struct LayerSettings {
    const char* field;
    int number, v1_number;
    const MessageType* message;
};
std::span<const LayerSettings> layer_settings();

}  // namespace emulsion::formats::caffe
