// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/library.h"

#include <algorithm>

#include "emulsion/error.h"
#include "emulsion/options.h"
#include "kernels/library.h"

namespace emulsion {
namespace {

using kernels::DeviceKind;

struct Folder {
    const char* name;
    DeviceKind device;
    kernels::Component (*component)();
};
constexpr Folder folders[] = {
    {"onednn", DeviceKind::cpu, kernels::onednn_component},
    {"eigen", DeviceKind::cpu, kernels::eigen_component},
    {"cudnn", DeviceKind::cuda, kernels::cudnn_component},
    {"cublas", DeviceKind::cuda, kernels::cublas_component},
};

/// The folder of "cudnn" or "cudnn:nhwc"; null if it is none of those.
const Folder* folder_of(const std::string& implementation) {
    const std::string name = implementation.substr(0, implementation.find(':'));
    const auto* const found =
        std::ranges::find_if(folders, [&](const Folder& each) { return name == each.name; });
    return found == std::end(folders) ? nullptr : found;
}

template <class Test>
bool any_implementation(Test&& test) {
    for (int i = 0; i < kernels::op_kind_count; ++i)
        if (std::ranges::any_of(kernels::implementations(static_cast<kernels::OpKind>(i)), test)) return true;
    return false;
}

}  // namespace

std::vector<kernels::Component> components_on(DeviceKind device) {
    std::vector<kernels::Component> all;
    for (const Folder& each : folders)
        if (each.device == device) all.push_back(each.component());
    return all;
}

void require_component(const std::string& implementation, DeviceKind device) {
    const Folder* const folder = folder_of(implementation);
    if (folder == nullptr || folder->device != device) return;
    const kernels::Component component = folder->component();
    if (!component.present)
        throw Error(Error::Kind::device,
                    "implementation \"" + implementation + "\" cannot be used: " + component.version);
}

std::string why_not_built(const std::string& implementation) {
    const Folder* const folder = folder_of(implementation);
    if (folder == nullptr) return {};
    if (any_implementation([&](const auto& each) { return each.name == std::string(folder->name); }))
        return {};
    const bool device_is_built =
        any_implementation([&](const auto& each) { return each.device == folder->device; });
    // A folder that was not built opens nothing to tell its library's name.
    return "this program was built without " +
           (device_is_built ? folder->component().name : std::string("CUDA"));
}

void use_library(const std::string& name, const std::string& path) {
    const Folder* const folder = folder_of(name);
    if (folder == nullptr || folder->device != DeviceKind::cuda || name != folder->name)
        throw Error(Error::Kind::usage,
                    "there is no library \"" + name + "\" to open; there are cudnn, cublas");
    if (const std::string why = why_not_built(name); !why.empty())
        throw Error(Error::Kind::device, name + ": " + path + " cannot be used: " + why);
    try {
        kernels::set_library_path(name, path);
    } catch (const kernels::NoLibrary& error) {
        throw Error(Error::Kind::device, error.what());
    }
    const kernels::Component component = folder->component();
    if (!component.present) throw Error(Error::Kind::device, component.version);
}

}  // namespace emulsion
