// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/library.h"

#include <dlfcn.h>
#include <link.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <set>

namespace emulsion::kernels {
namespace {

/// What users said of libraries, and which are open. A process has one copy of a library, so this is its.
struct Said {
    std::mutex mutex;
    std::map<std::string, std::string> paths;
    std::set<std::string> open;
};
Said& said() {
    static Said all;
    return all;
}

std::string last_error() {
    const char* const text = dlerror();
    return text == nullptr ? "unknown error" : text;
}

/// The file that the loader chose.
std::string file_of(void* handle) {
    link_map* map = nullptr;
    return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 ? map->l_name : "";
}

}  // namespace

void set_library_path(const std::string& title, const std::string& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) throw NoLibrary(title + ": there is no " + path);
    const std::lock_guard lock(said().mutex);
    if (said().open.count(title) != 0 && said().paths[title] != path)
        throw NoLibrary(title + " is in use already; say where it lies before anything else");
    said().paths[title] = path;
}

std::string library_path(const std::string& title) {
    const std::lock_guard lock(said().mutex);
    const auto found = said().paths.find(title);
    return found == said().paths.end() ? std::string() : found->second;
}

Library::Library(const std::string& title, const std::vector<std::string>& files) : title_(title) {
    const std::string where = library_path(title);
    std::vector<std::string> candidates;
    std::error_code error;
    if (!where.empty() && !std::filesystem::is_directory(where, error)) {
        candidates.push_back(std::filesystem::absolute(where).string());
    } else {
        for (const std::string& file : files)
            candidates.push_back(where.empty() ? file : (std::filesystem::absolute(where) / file).string());
    }
    std::string why;
    for (const std::string& candidate : candidates) {
        handle_ = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (handle_ != nullptr) break;
        why += (why.empty() ? "" : "; ") + last_error();
    }
    if (handle_ == nullptr)
        throw NoLibrary(title + " is not here: " + why +
                        (where.empty() ? "; --" + title + " PATH tells where it lies" : ""));
    path_ = file_of(handle_);
    const std::lock_guard lock(said().mutex);
    said().open.insert(title);
}

void* Library::symbol(const char* name) const {
    void* const found = dlsym(handle_, name);
    if (found == nullptr)
        throw NoLibrary(title_ + ": " + path_ + " has no " + name +
                        ": it is not the library it is called after");
    return found;
}

}  // namespace emulsion::kernels
