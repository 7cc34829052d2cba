// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The tensors of a baseline's file, read with checks.
#pragma once

#include <emulsion/error.h>
#include <emulsion/safetensors.h>
#include <cstring>
#include <string>
#include <vector>

namespace emulsion::baseline {

template <class T>
constexpr const char* tensor_type = nullptr;
template <>
inline constexpr const char* tensor_type<float> = "F32";
template <>
inline constexpr const char* tensor_type<double> = "F64";
template <>
inline constexpr const char* tensor_type<std::int32_t> = "I32";

/// A tensor for write_safetensors; `values` must outlive it.
template <class T>
FileTensor file_tensor(const std::string& name, const std::vector<T>& values,
                       std::vector<std::int64_t> shape) {
    return {name, tensor_type<T>, std::move(shape), std::as_bytes(std::span(values))};
}

[[noreturn]] inline void refuse_baseline(const SafetensorsFile& file, const std::string& what) {
    throw Error(Error::Kind::data, file.path() + ": no baseline that can be used: " + what);
}

/// A copy of the tensor's numbers. Error(data) if it is absent, of another type or dimension count.
template <class T>
std::vector<T> read_tensor(const SafetensorsFile& file, const std::string& name, std::size_t dimensions) {
    const FileTensor* const tensor = file.find(name);
    if (tensor == nullptr) refuse_baseline(file, "it lacks '" + name + "'");
    if (tensor->type != tensor_type<T> || tensor->shape.size() != dimensions)
        refuse_baseline(file, "'" + name + "' is not as it should be");
    std::vector<T> values(tensor->data.size() / sizeof(T));
    std::memcpy(values.data(), tensor->data.data(), values.size() * sizeof(T));
    return values;
}

}  // namespace emulsion::baseline
