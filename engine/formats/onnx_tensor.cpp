// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/onnx_tensor.h"

#include <emulsion/error.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

#include "engine/formats/onnx_schema.h"
#include "engine/json.h"

namespace emulsion::formats::onnx {
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& what) {
    throw Error(Error::Kind::data, where + ": " + what);
}

std::string place_of(const Message& tensor, const std::string& where) {
    return where + ": tensor \"" + json::printable(tensor.view("name")) + '"';
}

void check_internal(const Message& tensor, const std::string& where) {
    if (tensor.integer("data_location") != 0 || tensor.count("external_data") != 0)
        fail(where, "it lies in another file (external data); save the model as one file");
}

/// Error(data) unless the tensor's shape makes so many numbers.
void check_count(const Message& tensor, std::size_t count, const std::string& where) {
    auto room = static_cast<std::int64_t>(count);
    bool agrees = true;
    bool empty = false;
    for (const std::int64_t side : tensor.integers("dims")) {
        agrees = agrees && side >= 0;
        empty = empty || side == 0;
        if (side > 0) {
            agrees = agrees && room % side == 0;
            room /= side;
        }
    }
    agrees = agrees && (empty ? count == 0 : room == 1);
    if (!agrees) fail(where, "its shape does not make the " + std::to_string(count) + " numbers it holds");
}

std::optional<Real> real_type(std::int64_t type) {
    switch (type) {
        case f32:
            return Real::f32;
        case f64:
            return Real::f64;
        case f16:
            return Real::f16;
        case bf16:
            return Real::bf16;
        default:
            return std::nullopt;
    }
}

std::span<const std::byte> bytes_of_view(std::string_view text) {
    return std::as_bytes(std::span(text));
}

/// The bytes of a field that is one packed run, as every writer makes it.
std::span<const std::byte> run_of(const Message& tensor, std::string_view field, const std::string& where) {
    std::span<const std::byte> run;
    for (const FieldValue& value : tensor.values()) {
        if (value.type->name != field) continue;
        if (!run.empty() || value.packed.empty()) fail(where, std::string(field) + " is not one packed run");
        run = value.packed;
    }
    return run;
}

/// Halves are kept as integers, one each.
Floats from_integers(const Message& tensor, Real type, const std::string& where) {
    const auto numbers = tensor.integers("int32_data");
    auto halves = std::make_shared<std::vector<std::uint16_t>>();
    for (const std::int64_t number : numbers) halves->push_back(static_cast<std::uint16_t>(number));
    return to_floats(type, std::as_bytes(std::span(*halves)), halves, where);
}

}  // namespace

RealTensor read_reals(const Message& tensor, const std::shared_ptr<const void>& owner,
                      const std::string& file) {
    const std::string where = place_of(tensor, file);
    check_internal(tensor, where);
    const std::int64_t stated = tensor.integer("data_type");
    const auto type = real_type(stated);
    if (!type)
        fail(where, "its numbers are of ONNX's type " + std::to_string(stated) +
                        "; fp32, fp64, fp16 and bf16 are supported");
    RealTensor result{tensor.integers("dims"), {}};
    if (tensor.has("raw_data")) {
        const auto raw = bytes_of_view(tensor.view("raw_data"));
        if (raw.size() % bytes_of(*type) != 0) fail(where, "its raw_data is cut off within a number");
        check_count(tensor, raw.size() / bytes_of(*type), where);
        result.floats = to_floats(*type, raw, owner, where);
    } else if (*type == Real::f16 || *type == Real::bf16) {
        check_count(tensor, tensor.count("int32_data"), where);
        result.floats = from_integers(tensor, *type, where);
    } else {
        const auto run = run_of(tensor, *type == Real::f32 ? "float_data" : "double_data", where);
        check_count(tensor, run.size() / bytes_of(*type), where);
        result.floats = to_floats(*type, run, owner, where);
    }
    return result;
}

std::vector<std::int64_t> read_integers(const Message& tensor, const std::string& file) {
    constexpr std::size_t most = 64;  // of a shape or a list of axes
    const std::string where = place_of(tensor, file);
    check_internal(tensor, where);
    const std::int64_t type = tensor.integer("data_type");
    if (type != i64 && type != i32) fail(where, "it should hold integers");
    std::vector<std::int64_t> result;
    if (tensor.has("raw_data")) {
        const auto raw = bytes_of_view(tensor.view("raw_data"));
        const std::size_t width = type == i64 ? 8 : 4;
        if (raw.size() % width != 0 || raw.size() / width > most) fail(where, "it is no list of sizes");
        for (std::size_t at = 0; at < raw.size(); at += width) {
            std::int64_t wide = 0;
            std::int32_t narrow = 0;
            std::memcpy(width == 8 ? static_cast<void*>(&wide) : &narrow, raw.data() + at, width);
            result.push_back(width == 8 ? wide : narrow);
        }
    } else {
        result = tensor.integers(type == i64 ? "int64_data" : "int32_data");
    }
    check_count(tensor, result.size(), where);
    return result;
}

}  // namespace emulsion::formats::onnx
