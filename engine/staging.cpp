// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/staging.h"

#include <algorithm>

#include "emulsion/error.h"
#include "engine/section.h"

namespace emulsion {
namespace {

constexpr std::size_t numbers_a_crop = 3;

[[noreturn]] void refuse(const std::string& message) {
    throw Error(Error::Kind::usage, message);
}

}  // namespace

Staging::Staging(const Net& net, Device& device, const Preprocessing& p, int batch)
    : net_(net),
      device_(device),
      batch_(batch),
      height_(p.height),
      width_(p.width),
      crop_height_(p.crop_height),
      crop_width_(p.crop_width),
      centre_(static_cast<std::size_t>(batch) * numbers_a_crop),
      given_(centre_.size()) {
    for (std::size_t i = 0; i < centre_.size(); i += numbers_a_crop) {
        centre_[i] = (height_ - crop_height_) / 2;
        centre_[i + 1] = (width_ - crop_width_) / 2;
    }
    crops({}, batch);
    if (net_.schedule().graph.mean < 0) return;
    mean_ = p.mean_image;
    if (mean_.size() != std::size_t{3} * static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_))
        throw Error(Error::Kind::data,
                    "the mean image is not 3x" + std::to_string(height_) + "x" + std::to_string(width_));
    mean_image();
}

void Staging::mean_image() {
    if (mean_.empty()) return;
    write(net_.schedule().graph.mean, "copy in mean image", mean_.data(), mean_.size() * sizeof mean_[0]);
}

void Staging::write(int value, const char* copying, const void* data, std::size_t bytes) {
    void* const to = net_.address(value);
    if (to == nullptr) return;
    const Section section(device_, copying, "copy", bytes);
    device_.copy_in(to, data, bytes);
    if (device_.trace() != nullptr) device_.synchronise();  // or the span would be that of asking for it
}

void Staging::check_count(int count) const {
    if (count < 1 || count > batch_)
        refuse(std::to_string(count) + " photos were given to a session for batches of 1 to " +
               std::to_string(batch_));
}

void Staging::photos(std::span<const std::uint8_t> photos, int count) {
    check_count(count);
    const auto wanted = static_cast<std::size_t>(count) * 3 * static_cast<std::size_t>(height_) *
                        static_cast<std::size_t>(width_);
    if (photos.size() != wanted)
        refuse(std::to_string(count) + " photos of " + std::to_string(height_) + "x" +
               std::to_string(width_) + " are " + std::to_string(wanted) + " bytes, not " +
               std::to_string(photos.size()));
    write(net_.schedule().graph.photos, "copy in photos", photos.data(), wanted);
}

void Staging::inputs(std::span<const float> inputs, int count) {
    check_count(count);
    const auto& graph = net_.schedule().graph;
    const auto wanted = static_cast<std::size_t>(
        graph.values[static_cast<std::size_t>(graph.input)].shape.per_image() * count);
    if (inputs.size() != wanted)
        refuse(std::to_string(count) + " inputs are " + std::to_string(wanted) + " numbers, not " +
               std::to_string(inputs.size()));
    write(graph.input, "copy in inputs", inputs.data(), wanted * sizeof(float));
}

void Staging::crops(std::span<const std::int32_t> crops, int count) {
    std::copy(centre_.begin(), centre_.end(), given_.begin());
    if (!crops.empty()) {
        if (crops.size() != static_cast<std::size_t>(count) * numbers_a_crop)
            refuse("each photo's crop is three numbers");
        for (std::size_t i = 0; i < crops.size(); i += numbers_a_crop)
            if (crops[i] < 0 || crops[i] > height_ - crop_height_ || crops[i + 1] < 0 ||
                crops[i + 1] > width_ - crop_width_)
                refuse("crop " + std::to_string(i / numbers_a_crop) + " lies outside its photo");
        std::copy(crops.begin(), crops.end(), given_.begin());
    }
    write(net_.schedule().graph.crops, "copy in crops", given_.data(), given_.size() * sizeof given_[0]);
}

void Staging::labels(std::span<const std::int32_t> labels, int count, int classes) {
    if (labels.size() != static_cast<std::size_t>(count)) refuse("each photo needs a label (-1: none)");
    for (const std::int32_t label : labels)
        if (label < -1 || label >= classes)
            refuse("label " + std::to_string(label) + " is not below " + std::to_string(classes) +
                   ", the number of classes");
    std::fill(given_.begin(), given_.end(), -1);
    std::copy(labels.begin(), labels.end(), given_.begin());
    write(net_.schedule().graph.labels, "copy in labels", given_.data(),
          static_cast<std::size_t>(batch_) * sizeof given_[0]);
}

}  // namespace emulsion
