// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/engine/formats/sample_schema.h"

namespace emulsion::formats::test {
namespace {

extern const MessageType part_type;

constexpr Choice modes[] = {{0, "SUM"}, {1, "MAX"}, {-1, "LEAST"}};

constexpr FieldType part_fields[] = {
    {1, "name", FieldKind::text},
    {.number = 2, .name = "part", .kind = FieldKind::message, .message = &part_type},
    {.number = 3, .name = "number", .kind = FieldKind::int64, .repeated = true},
};
constinit const MessageType part_type{"Part", part_fields};

constexpr FieldType sample_fields[] = {
    {1, "int", FieldKind::int64},
    {2, "uint", FieldKind::uint64},
    {3, "flag", FieldKind::boolean},
    {4, "real", FieldKind::float32},
    {5, "wide", FieldKind::float64},
    {6, "text", FieldKind::text},
    {7, "blob", FieldKind::bytes},
    {.number = 8, .name = "mode", .kind = FieldKind::choice, .choices = modes},
    {.number = 9, .name = "part", .kind = FieldKind::message, .message = &part_type},
    {.number = 10, .name = "parts", .kind = FieldKind::message, .repeated = true, .message = &part_type},
    {11, "reals", FieldKind::float32, true},
    {12, "run", FieldKind::float32, true, true},
    {13, "dim", FieldKind::int64, true, true},
    {14, "wides", FieldKind::float64, true, true},
    {15, "texts", FieldKind::text, true},
    {.number = 1000, .name = "modes", .kind = FieldKind::choice, .repeated = true, .choices = modes},
};
}  // namespace

constinit const MessageType sample_type{"Sample", sample_fields};

}  // namespace emulsion::formats::test
