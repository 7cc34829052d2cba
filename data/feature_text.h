// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Features as text, a photo a line: CSV for spreadsheets, and LIBSVM's sparse format. Numbers have nine
// digits, which give every float back to the bit.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace emulsion {

/// "path,label,f1,f2,...\n".
std::string csv_header(std::int64_t columns);
/// A path that holds a comma, a quote or a line end is quoted. No label (-1) leaves its field empty.
std::string csv_line(const std::string& path, std::int32_t label, std::span<const float> features);

/// "label 1:0.5 3:-2\n": columns count from 1, zeros are left out. No label is written as 0, which LIBSVM's
/// programs expect of photos whose class is not known.
std::string libsvm_line(std::int32_t label, std::span<const float> features);

}  // namespace emulsion
