// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What was measured before: JSON, a record for each graph on each device.
#pragma once

#include <string>
#include <vector>

#include "engine/json.h"
#include "engine/schedule.h"

namespace emulsion {

/// What the times of a graph depend on: the device with its driver, the versions of libraries, precision,
/// forced implementations, and each operation with its layer.
struct TuningKey {
    std::string device;    ///< "cpu, AMD EPYC 9654 (25/17/1), 2 threads; emulsion 0.1.0, oneDNN 2.6.3, ..."
    std::string settings;  ///< "training, fp32"
    std::vector<std::string> operations;

    bool operator==(const TuningKey&) const = default;
};

struct TuningRecord {
    TuningKey key;
    Names names;
    double milliseconds = 0, by_order_milliseconds = 0;
};

class TuningFile {
   public:
    /// Error(data), in one line, if the file is there and is no such file. An absent one holds nothing.
    explicit TuningFile(const std::string& path);

    /// Before a long measurement: the errors of add_to, and nothing is written.
    static void require_writable(const std::string& path);

    const TuningRecord* find(const TuningKey&) const;
    /// Adds a record to a file, or replaces that of the same key. A broken tuning file is written anew, an
    /// absent one is made, folders included. Of two processes that write at once, one may be lost: it is
    /// measured again. Error(usage) if the file is something else, Error(failure) if it cannot be written.
    static void add_to(const std::string& path, const TuningRecord&);

   private:
    static std::vector<TuningRecord> records_to_keep(const std::string& path);

    std::vector<TuningRecord> records_;
};

}  // namespace emulsion
