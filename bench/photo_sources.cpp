// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Prepared photos, and JPEG files through the loader, as `emulsion score` and `train` read them.
#include <cstdlib>
#include <filesystem>

#include "apps/feed.h"
#include "bench/photo_source.h"
#include "data/loader.h"
#include "emulsion/error.h"

namespace emulsion::bench {
namespace {

constexpr int prefetch = 2;

apps::ThreadSplit split(const Demand& demand) {
    // While `score` waits for photos it computes nothing, and the other way round: both may use all threads.
    if (demand.mode == Mode::inference) return {demand.threads, demand.threads};
    return apps::split_threads(demand.threads, false, demand.device);
}

/// The photos of OASIS below EMULSION_DATA, labelled in turn.
std::vector<Sample> samples(int classes) {
    const char* const data = std::getenv("EMULSION_DATA");
    const std::string folder = std::string(data != nullptr ? data : "../shared/data") + "/oasis/photos";
    if (!std::filesystem::is_directory(folder))
        throw Error(Error::Kind::data, "no photos in " + folder + "; name their folder in EMULSION_DATA");
    std::vector<Sample> all = list_folder(folder);
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i].label = static_cast<std::int32_t>(i % static_cast<std::size_t>(classes));
    return all;
}

LoaderOptions options(const Demand& demand) {
    LoaderOptions options;
    options.preprocessing = demand.net->preprocessing;
    options.batch = demand.batch;
    options.seed = 1;
    options.shuffle = demand.mode == Mode::training;
    options.threads = split(demand).loader;
    options.prefetch = prefetch;
    return options;
}

class PhotoFiles final : public PhotoSource {
   public:
    explicit PhotoFiles(const Demand& demand) : loader_(samples(demand.classes), options(demand)) {}
    Batch next() override { return apps::as_batch(*loader_.next()); }
    int ready() const override { return prefetch + 1; }

   private:
    Loader loader_;
};

}  // namespace

std::vector<SourceKind> photo_sources() {
    return {prepared_photos(),
            {"files", [](const Demand& demand) { return split(demand).compute; },
             [](const Demand& demand) -> std::unique_ptr<PhotoSource> {
                 return std::make_unique<PhotoFiles>(demand);
             }}};
}

}  // namespace emulsion::bench
