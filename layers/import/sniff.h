// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Which format a file is of, by what it begins with: names end in anything.
#pragma once

#include <string>

namespace emulsion {

enum class FileFormat { native, state_dict, torch, onnx, caffemodel, prototxt, deep_compression };

/// "caffe", "torch", ... as ImportReport says it.
const char* name(FileFormat);

/// Error(data) if the file cannot be read. Deep Compression's files begin with nothing special: a file that
/// is none of the others and ends in .net is taken for one.
FileFormat sniff(const std::string& path);

}  // namespace emulsion
