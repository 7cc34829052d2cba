// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "layers/import/origin.h"

#include <emulsion/model.h>

#include <algorithm>
#include <filesystem>

#include "engine/files.h"
#include "engine/json.h"
#include "engine/sha256.h"

namespace emulsion {
namespace {

std::string identity(const std::string& path) {
    const MappedFile file(path);
    // A name may be any bytes.
    return json::printable(std::filesystem::path(path).filename().string()) + ", " +
           std::to_string(file.bytes().size()) + " bytes, sha256 " + sha256(file.bytes());
}

std::string identity_of_net(const std::string& path_or_name) {
    const std::vector<std::string> names = net_names();
    return std::ranges::find(names, path_or_name) != names.end() ? path_or_name : identity(path_or_name);
}

// A file may have ignored a thousand fields; a model's header should stay small.
std::string joined(const std::vector<std::string>& lines) {
    constexpr std::size_t most = 20;
    std::string text;
    for (std::size_t i = 0; i < std::min(lines.size(), most); ++i) text += (i == 0 ? "" : "; ") + lines[i];
    if (lines.size() > most) text += "; and " + std::to_string(lines.size() - most) + " more";
    return text;
}

}  // namespace

std::map<std::string, std::string> origin_of(const std::string& weights, const ImportOptions& options,
                                             const ImportReport& report,
                                             const std::map<std::string, std::string>& stated) {
    std::map<std::string, std::string> origin = stated;
    const auto set = [&](const char* key, std::string text) {
        origin.erase(key);  // of an earlier import
        if (!text.empty()) origin[key] = std::move(text);
    };
    std::vector<std::string> fresh = report.missing;
    fresh.insert(fresh.end(), report.misshapen.begin(), report.misshapen.end());
    set("imported_from", identity(weights));
    set("imported_format", report.format);
    set("imported_net", options.net.empty() ? "" : identity_of_net(options.net));
    set("imported_mean", options.mean.empty() ? "" : identity(options.mean));
    set("imported_dialect", report.dialect);
    set("imported_ignored", joined(report.ignored));
    set("imported_notes", joined(report.notes));
    set("imported_afresh", joined(fresh));
    set("imported_left_over", joined(report.left_over));
    return origin;
}

}  // namespace emulsion
