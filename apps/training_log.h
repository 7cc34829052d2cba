// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a training run leaves for people and programs: the curve, and a log of JSON lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/common_json.h"
#include "apps/plot.h"

namespace emulsion::apps {

/// Loss and accuracy over the iterations so far.
struct Curve {
    /// Training: means over the iterations since the point before. Validation: over the whole list.
    struct Point {
        std::int64_t iteration = 0;  ///< updates done
        double loss = 0, accuracy = 0;
        bool operator==(const Point&) const = default;
    };
    std::vector<Point> training, validation;

    bool operator==(const Curve&) const = default;
};

/// As {"training": [[iteration, loss, accuracy], ...], "validation": [...]}, every bit kept.
Json to_json(const Curve&);
Curve curve_from_json(const Json&);

/// The curve that a log holds. Error(data), FILE:LINE, if a line is not an event of ours.
Curve read_curve(const std::string& log_path);

/// Loss above, accuracy below.
Chart chart_of(const Curve&);

/// The file DIR/log.jsonl: one JSON object a line, {"event": ..., ...}. Every line goes to the file at
/// once, so that a run that is killed leaves all it has said; nothing else depends on it.
class TrainingLog {
   public:
    /// Keeps the first `keep` bytes of what is there and goes on behind them. A file that is shorter
    /// is started again from `curve`. Error(failure) if it cannot be written.
    TrainingLog(const std::string& path, std::int64_t keep, const Curve& curve);
    ~TrainingLog();
    TrainingLog(const TrainingLog&) = delete;
    TrainingLog& operator=(const TrainingLog&) = delete;

    void write(const Json& event);
    /// Bytes so far, all of them on the disk.
    std::int64_t settle();

   private:
    [[noreturn]] void fail() const;

    std::string path_;
    int descriptor_ = -1;
    std::int64_t size_ = 0;
};

/// {"event": "train" or "validation", "iteration": ..., "loss": ..., "accuracy": ...}.
Json event_of(const char* event, const Curve::Point&);

}  // namespace emulsion::apps
