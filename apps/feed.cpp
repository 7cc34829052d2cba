// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/feed.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <algorithm>
#include <fstream>

#include "apps/common_text.h"

namespace emulsion::apps {
namespace {

// Only once a label is known to be wrong; a list in order is not read twice.
int line_of_label_from(const std::string& path, int classes) {
    std::ifstream file(path);
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        const std::size_t end = line.find_last_not_of(" \t\r");
        if (end == std::string::npos) continue;
        const std::string word = line.substr(line.find_last_of(" \t", end) + 1);
        if (std::atol(word.c_str()) >= classes) return number;
    }
    return 0;
}

// In the list's order, each photo as `score` would see it.
LoaderOptions for_checks(LoaderOptions options) {
    options.shuffle = options.random_crop = options.mirror = false;
    options.first_batch = 0;
    options.track = "checks' " + options.track;
    return options;
}

// The largest batch up to `most` that parts the photos evenly.
int even_batch(std::int64_t photos, int most) {
    while (photos % most != 0) --most;
    return most;
}

LoaderOptions for_turns(LoaderOptions options, std::size_t memory, std::int64_t photos, std::size_t done) {
    options = for_checks(std::move(options));
    options.batch = even_batch(photos, options.batch);
    options.first_batch = done * static_cast<std::size_t>(photos / options.batch);
    options.cache_bytes = memory;
    return options;
}

}  // namespace

std::vector<Sample> read_labelled_list(const std::string& path, int classes,
                                       const std::optional<std::string>& folder) {
    std::vector<Sample> samples = folder ? read_list(path, *folder) : read_list(path);
    const std::int32_t most = max_label(samples);
    if (most >= classes) {
        throw Error(
            Error::Kind::data,
            fmt::format("{}:{}: the net has {} classes, so labels go from 0 to {}; the list's go up to {}",
                        path, line_of_label_from(path, classes), classes, classes - 1, most));
    }
    return samples;
}

std::size_t fitted_bytes(std::size_t photos, const Preprocessing& p) {
    return photos * static_cast<std::size_t>(p.height) * static_cast<std::size_t>(p.width) * 3;
}

ThreadSplit split_threads(int threads, bool in_memory, kernels::DeviceKind device) {
    if (device == kernels::DeviceKind::cuda) return {1, threads};
    if (in_memory) return {threads, threads};
    const int loader = std::max(1, threads / 4);
    return {std::max(1, threads - loader), loader};
}

Batch as_batch(const LoadedBatch& loaded) {
    static_assert(sizeof(Crop) == 3 * sizeof(std::int32_t));
    const auto* crops = reinterpret_cast<const std::int32_t*>(loaded.crops.data());
    const auto count = static_cast<std::size_t>(loaded.valid);
    return {.photos = loaded.pixels().first(loaded.pixels().size() / loaded.labels.size() * count),
            .labels = std::span(loaded.labels).first(count),
            .crops = {crops, 3 * count},
            .count = loaded.valid};
}

Passes::Passes(std::vector<Sample> samples, LoaderOptions options, std::size_t memory)
    : samples_(std::move(samples)), options_(for_checks(std::move(options))) {
    options_.repeat = false;
    options_.cache_bytes = 0;
    keep_ = fitted_bytes(samples_.size(), options_.preprocessing) <= memory;
}

bool Passes::run(const std::function<bool(const Batch&)>& use) {
    if (complete_) {
        return std::all_of(kept_.begin(), kept_.end(),
                           [&](const auto& loaded) { return use(as_batch(loaded)); });
    }
    kept_.clear();
    Loader loader(samples_, options_);
    while (const LoadedBatch* loaded = loader.next()) {
        if (keep_) kept_.push_back(*loaded);
        if (!use(as_batch(*loaded))) return false;
    }
    complete_ = keep_;
    return true;
}

Turns::Turns(std::vector<Sample> samples, LoaderOptions options, std::size_t memory, std::int64_t photos,
             std::size_t done)
    : batches_(photos / even_batch(photos, options.batch)),
      loader_(std::move(samples), for_turns(std::move(options), memory, photos, done)) {}

bool Turns::run(const std::function<bool(const Batch&)>& use) {
    for (std::int64_t i = 0; i < batches_; ++i) {
        if (!use(as_batch(*loader_.next()))) return false;
    }
    return true;
}

}  // namespace emulsion::apps
