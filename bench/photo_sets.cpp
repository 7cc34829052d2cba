// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "bench/photo_sets.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "data/decode.h"
#include "data/encode.h"
#include "data/files.h"
#include "data/orient.h"
#include "data/resize.h"

namespace emulsion::bench {
namespace {

namespace fs = std::filesystem;

std::string folder_from(const char* variable, const char* otherwise) {
    const char* set = std::getenv(variable);
    return set != nullptr ? set : std::string(EMULSION_SOURCE_DIR) + otherwise;
}

/// Those of scripts/demo_photos.tsv that have 12 megapixels or more, JPEG all.
std::vector<std::string> large_photographs() {
    const std::string root =
        folder_from("EMULSION_DEMO_PHOTOS", "/build/demo/photos") + "/usr/share/backgrounds/";
    std::vector<std::string> paths;
    for (const char* name : {"Dragonfly_by_Bolly", "Kleiber_by_Lukas_Baubkus",
                             "seeding_by_Clements_Engelhardt", "sunset_by_Aitzol_Berasategi"}) {
        paths.push_back(root + name + ".jpg");
        if (!fs::exists(paths.back())) return {};
    }
    return paths;
}

constexpr char no_photographs[] = "no photographs: run scripts/demo, or set EMULSION_DEMO_PHOTOS";
constexpr std::size_t most_bytes = std::size_t{1} << 28;

/// Reduced to a longest side of 240.
Image web_size(const Image& photo) {
    const double scale = 240.0 / std::max(photo.height, photo.width);
    const auto side = [scale](int pixels) {
        return std::max(1, static_cast<int>(std::lround(pixels * scale)));
    };
    return resize(photo, side(photo.height), side(photo.width), Preprocessing::Filter::lanczos);
}

/// The middle of it, at 4000x3000.
Image camera_size(const Image& photo) {
    const double scale = std::max(4000.0 / photo.width, 3000.0 / photo.height);
    ResizeTo to{.full_height = std::max(3000, static_cast<int>(std::lround(photo.height * scale))),
                .full_width = std::max(4000, static_cast<int>(std::lround(photo.width * scale))),
                .height = 3000,
                .width = 4000};
    to.top = (to.full_height - to.height) / 2;
    to.left = (to.full_width - to.width) / 2;
    return resize(photo, to, Preprocessing::Filter::lanczos);
}

}  // namespace

PhotoSets::~PhotoSets() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

std::string PhotoSets::write(const std::string& name, const std::vector<std::byte>& bytes) {
    if (folder_.empty()) {
        std::string made = (fs::temp_directory_path() / "emulsion-bench-XXXXXX").string();
        if (::mkdtemp(made.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder_ = made;
    }
    std::string path = folder_ + "/" + name;
    write_file(path, bytes);
    return path;
}

const PhotoSet& PhotoSets::small() {
    if (small_) return *small_;
    small_.emplace();
    const std::string folder = folder_from("EMULSION_DATA", "/../shared/data") + "/oasis/photos";
    std::vector<std::string> sources;
    if (fs::is_directory(folder))
        for (const auto& entry : fs::directory_iterator(folder)) sources.push_back(entry.path().string());
    std::ranges::sort(sources);
    for (std::size_t i = 0; i < sources.size(); ++i) {
        constexpr int quarter_turn = 6;
        const Image photo = orient(web_size(decode_file(sources[i])), i % 4 == 3 ? quarter_turn : upright);
        small_->bytes.push_back(encode_jpeg(photo, 88));
        small_->paths.push_back(write("small-" + std::to_string(i) + ".jpg", small_->bytes.back()));
    }
    if (sources.empty()) small_->absent = "no photos: set EMULSION_DATA";
    return *small_;
}

const PhotoSet& PhotoSets::camera() {
    if (camera_) return *camera_;
    camera_.emplace();
    for (const std::string& source : large_photographs()) {
        camera_->bytes.push_back(encode_jpeg(camera_size(decode_file(source)), 92));
        const std::string name = "camera-" + std::to_string(camera_->paths.size()) + ".jpg";
        camera_->paths.push_back(write(name, camera_->bytes.back()));
    }
    if (camera_->paths.empty()) camera_->absent = no_photographs;
    return *camera_;
}

const PhotoSet& PhotoSets::published() {
    if (published_) return *published_;
    published_.emplace();
    published_->paths = large_photographs();
    for (const std::string& path : published_->paths)
        published_->bytes.push_back(read_file(path, most_bytes));
    if (published_->paths.empty()) published_->absent = no_photographs;
    return *published_;
}

}  // namespace emulsion::bench
