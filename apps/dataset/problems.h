// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What was wrong with lines and photos: counted, and listed in problems.csv.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/files.h"

namespace emulsion::apps {

/// Appends to a file that is replaced whole, in pieces worth a call of the system.
class Lines {
   public:
    explicit Lines(const std::string& path) : file_(path) {}
    void add(std::string_view text);
    void flush();   ///< hands on what has gathered
    void commit();  ///< the last call
    /// Where the flushed lines are until then, in the folder where they will be.
    const std::string& temporary() const { return file_.temporary(); }

   private:
    AtomicFile file_;
    std::string gathered_;
};

/// All but the last two keep a line or photo out of the set.
enum class Problem { malformed, repeated, missing, broken, tiny, duplicate, near_duplicate };
inline constexpr std::size_t problem_count = 7;

/// "malformed line", "repeated id", ...
const char* problem_name(Problem);

class Problems {
   public:
    explicit Problems(const std::string& path);

    /// `line` is a number of the metadata file, 0 where the photo's id tells it.
    void add(Problem, const std::string& id, const std::string& path, const std::string& why,
             std::int64_t line = 0);
    std::uint64_t count(Problem which) const { return counts_[static_cast<std::size_t>(which)]; }
    Lines& file() { return file_; }

   private:
    Lines file_;
    std::array<std::uint64_t, problem_count> counts_{};
};

}  // namespace emulsion::apps
