// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Sorting more records than memory should hold: sorted runs on the disk, merged when read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <queue>
#include <span>
#include <string>
#include <vector>

#include "apps/dataset/scratch_file.h"

namespace emulsion::apps {

/// Takes records, then gives them back in order. Never more than `bytes` of them are in memory, at any number
/// of records up to (bytes / 4096) * bytes: 256 GiB for the default. `Less` must be a total order for the
/// result to be the same whatever the order in which records came.
template <class Record, class Less>
class ExternalSort {
   public:
    static constexpr std::size_t default_bytes = std::size_t{32} << 20;

    explicit ExternalSort(const std::string& folder, std::size_t bytes = default_bytes)
        : file_(folder), most_(std::max<std::size_t>(bytes / sizeof(Record), 2)) {}

    void add(const Record& record) {
        if (waiting_.size() == most_) spill();
        if (waiting_.capacity() == 0) waiting_.reserve(most_);
        waiting_.push_back(record);
        ++count_;
    }
    std::size_t size() const { return count_; }

    /// Each record in order; once, after the last add().
    template <class Use>
    void drain(const Use& use) {
        std::sort(waiting_.begin(), waiting_.end(), Less());
        if (runs_.empty()) {
            for (const Record& record : waiting_) use(record);
        } else {
            spill();
            waiting_ = {};
            file_.flush();
            merge(use);
        }
        waiting_ = {};
    }

   private:
    struct Run {
        std::size_t next, end;           ///< in the file
        std::vector<Record> block = {};  ///< read ahead
        std::size_t at = 0;              ///< in the block
    };

    void spill() {
        if (waiting_.empty()) return;
        std::sort(waiting_.begin(), waiting_.end(), Less());
        const std::size_t begin = file_.size();
        for (const Record& record : waiting_) file_.append(record);
        runs_.push_back({begin, file_.size()});
        waiting_.clear();
    }

    bool advance(Run& run) const {
        if (++run.at < run.block.size()) return true;
        if (run.next == run.end) return false;
        run.block.resize(std::min(run.end - run.next, std::max<std::size_t>(most_ / runs_.size(), 1)));
        file_.read(run.next, run.block);
        run.next += run.block.size();
        run.at = 0;
        return true;
    }

    template <class Use>
    void merge(const Use& use) {
        const auto later = [](const Run* a, const Run* b) {
            return Less()(b->block[b->at], a->block[a->at]);
        };
        std::priority_queue<Run*, std::vector<Run*>, decltype(later)> heads(later);
        for (Run& run : runs_)
            if (advance(run)) heads.push(&run);
        while (!heads.empty()) {
            Run* const first = heads.top();
            heads.pop();
            use(first->block[first->at]);
            if (advance(*first)) heads.push(first);
        }
    }

    RecordFile<Record> file_;
    std::size_t most_, count_ = 0;
    std::vector<Record> waiting_;
    std::vector<Run> runs_;
};

}  // namespace emulsion::apps
