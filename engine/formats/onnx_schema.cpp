// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// From onnx.proto of ONNX 1.17 (IR version 10); older files use a part of it.
#include "engine/formats/onnx_schema.h"

namespace emulsion::formats::onnx {
namespace {

using enum FieldKind;

constexpr FieldType one(int number, const char* name, FieldKind kind) {
    return {.number = number, .name = name, .kind = kind};
}
constexpr FieldType one(int number, const char* name, const MessageType& type) {
    return {.number = number, .name = name, .kind = message, .message = &type};
}
constexpr FieldType many(int number, const char* name, FieldKind kind) {
    return {.number = number, .name = name, .kind = kind, .repeated = true};
}
constexpr FieldType many(int number, const char* name, const MessageType& type) {
    return {.number = number, .name = name, .kind = message, .repeated = true, .message = &type};
}
constexpr FieldType packed(int number, const char* name, FieldKind kind) {
    return {.number = number, .name = name, .kind = kind, .repeated = true, .packed = true};
}

extern const MessageType graph_type;

constexpr FieldType entry_fields[] = {one(1, "key", text), one(2, "value", text)};
constinit const MessageType entry_type{"StringStringEntryProto", entry_fields};

constexpr Choice locations[] = {{0, "DEFAULT"}, {1, "EXTERNAL"}};
constexpr FieldType tensor_fields[] = {
    many(1, "dims", int64),
    one(2, "data_type", int64),
    packed(4, "float_data", float32),
    packed(5, "int32_data", int64),
    packed(7, "int64_data", int64),
    one(8, "name", text),
    one(9, "raw_data", bytes),
    packed(10, "double_data", float64),
    one(12, "doc_string", text),
    many(13, "external_data", entry_type),
    {.number = 14, .name = "data_location", .kind = choice, .choices = locations},
    many(16, "metadata_props", entry_type),
};
constinit const MessageType tensor_type{"TensorProto", tensor_fields};

constexpr FieldType dimension_fields[] = {one(1, "dim_value", int64), one(2, "dim_param", text),
                                          one(3, "denotation", text)};
constinit const MessageType dimension_type{"Dimension", dimension_fields};
constexpr FieldType shape_fields[] = {many(1, "dim", dimension_type)};
constinit const MessageType shape_type{"TensorShapeProto", shape_fields};
constexpr FieldType value_tensor_fields[] = {one(1, "elem_type", int64), one(2, "shape", shape_type)};
constinit const MessageType value_tensor_type{"TypeProto.Tensor", value_tensor_fields};
constexpr FieldType type_fields[] = {one(1, "tensor_type", value_tensor_type), one(6, "denotation", text)};
constinit const MessageType type_type{"TypeProto", type_fields};
constexpr FieldType value_fields[] = {one(1, "name", text), one(2, "type", type_type),
                                      one(3, "doc_string", text), many(4, "metadata_props", entry_type)};
constinit const MessageType value_type{"ValueInfoProto", value_fields};

constexpr Choice attribute_kinds[] = {
    {0, "UNDEFINED"}, {1, "FLOAT"},       {2, "INT"},          {3, "STRING"},         {4, "TENSOR"},
    {5, "GRAPH"},     {6, "FLOATS"},      {7, "INTS"},         {8, "STRINGS"},        {9, "TENSORS"},
    {10, "GRAPHS"},   {13, "TYPE_PROTO"}, {14, "TYPE_PROTOS"}, {11, "SPARSE_TENSOR"}, {12, "SPARSE_TENSORS"},
};
constexpr FieldType attribute_fields[] = {
    one(1, "name", text),
    one(2, "f", float32),
    one(3, "i", int64),
    one(4, "s", bytes),
    one(5, "t", tensor_type),
    one(6, "g", graph_type),
    many(7, "floats", float32),
    many(8, "ints", int64),
    many(9, "strings", bytes),
    one(13, "doc_string", text),
    {.number = 20, .name = "type", .kind = choice, .choices = attribute_kinds},
};
constinit const MessageType attribute_type{"AttributeProto", attribute_fields};

constexpr FieldType node_fields[] = {
    many(1, "input", text),
    many(2, "output", text),
    one(3, "name", text),
    one(4, "op_type", text),
    many(5, "attribute", attribute_type),
    one(6, "doc_string", text),
    one(7, "domain", text),
    one(8, "overload", text),
    many(9, "metadata_props", entry_type),
};
constinit const MessageType node_type{"NodeProto", node_fields};

constexpr FieldType graph_fields[] = {
    many(1, "node", node_type),          one(2, "name", text),
    many(5, "initializer", tensor_type), one(10, "doc_string", text),
    many(11, "input", value_type),       many(12, "output", value_type),
    many(13, "value_info", value_type),  many(16, "metadata_props", entry_type),
};
constinit const MessageType graph_type{"GraphProto", graph_fields};

constexpr FieldType opset_fields[] = {one(1, "domain", text), one(2, "version", int64)};
constinit const MessageType opset_type{"OperatorSetIdProto", opset_fields};

constexpr FieldType model_fields[] = {
    one(1, "ir_version", int64), one(2, "producer_name", text),       one(3, "producer_version", text),
    one(4, "domain", text),      one(5, "model_version", int64),      one(6, "doc_string", text),
    one(7, "graph", graph_type), many(8, "opset_import", opset_type), many(14, "metadata_props", entry_type),
};

}  // namespace

constinit const MessageType model_type{"ModelProto", model_fields};

}  // namespace emulsion::formats::onnx
