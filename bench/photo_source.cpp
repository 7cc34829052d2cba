// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "bench/photo_source.h"

#include "apps/random_photos.h"

namespace emulsion::bench {
namespace {

class PreparedPhotos final : public PhotoSource {
   public:
    explicit PreparedPhotos(const Demand& demand) : photos_(demand.net->preprocessing, demand.batch, 1) {
        for (int i = 0; i < demand.batch; ++i) labels_.push_back(i % demand.classes);
    }
    Batch next() override { return {photos_.pixels(), labels_, {}, photos_.count()}; }

   private:
    apps::RandomPhotos photos_;
    std::vector<std::int32_t> labels_;
};

}  // namespace

SourceKind prepared_photos() {
    return {"prepared", [](const Demand& demand) { return demand.threads; },
            [](const Demand& demand) -> std::unique_ptr<PhotoSource> {
                return std::make_unique<PreparedPhotos>(demand);
            }};
}

}  // namespace emulsion::bench
