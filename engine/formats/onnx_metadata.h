// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What Emulsion writes into an ONNX file for itself, under the names it has in the native file.
#pragma once

namespace emulsion::formats::onnx {

inline constexpr const char* format_key = "emulsion.format";
inline constexpr const char* format_version = "1";
inline constexpr const char* net_key = "emulsion.net";
inline constexpr const char* provenance_prefix = "emulsion.provenance.";
inline constexpr const char* mean_image_name = "preprocessing.mean_image";

}  // namespace emulsion::formats::onnx
