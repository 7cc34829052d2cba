// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/feature_text.h"

#include <algorithm>
#include <charconv>

#include "data/list.h"

namespace emulsion {
namespace {

/// As printf's %.9g, whatever the locale.
void append(std::string& text, float value) {
    char digits[32];
    const auto [end, error] =
        std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 9);
    text.append(digits, end);
}

std::string quoted(const std::string& field) {
    if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
    std::string text = "\"";
    for (const char c : field) text.append(c == '"' ? 2 : 1, c);
    return text + '"';
}

}  // namespace

std::string csv_header(std::int64_t columns) {
    std::string text = "path,label";
    for (std::int64_t i = 1; i <= columns; ++i) text += ",f" + std::to_string(i);
    return text + '\n';
}

std::string csv_line(const std::string& path, std::int32_t label, std::span<const float> features) {
    std::string text = quoted(path) + ',' + (label == no_label ? "" : std::to_string(label));
    for (const float value : features) {
        text += ',';
        append(text, value);
    }
    return text + '\n';
}

std::string libsvm_line(std::int32_t label, std::span<const float> features) {
    std::string text = std::to_string(std::max(label, 0));
    for (std::size_t i = 0; i < features.size(); ++i) {
        if (features[i] == 0) continue;
        text += ' ' + std::to_string(i + 1) + ':';
        append(text, features[i]);
    }
    return text + '\n';
}

}  // namespace emulsion
