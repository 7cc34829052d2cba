// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/problems.h"

#include <spdlog/fmt/fmt.h>

#include "apps/common_text.h"

namespace emulsion::apps {

void Lines::add(std::string_view text) {
    constexpr std::size_t most = std::size_t{64} << 10;
    gathered_ += text;
    if (gathered_.size() >= most) flush();
}

void Lines::flush() {
    file_.append(gathered_);
    gathered_.clear();
}

void Lines::commit() {
    flush();
    file_.commit();
}

const char* problem_name(Problem problem) {
    constexpr std::array names = {"malformed line", "repeated id", "missing photo", "broken photo",
                                  "tiny photo",     "duplicate",   "near-duplicate"};
    static_assert(names.size() == problem_count);
    return names[static_cast<std::size_t>(problem)];
}

Problems::Problems(const std::string& path) : file_(path) {
    file_.add("problem,line,id,path,reason\n");
}

void Problems::add(Problem problem, const std::string& id, const std::string& path, const std::string& why,
                   std::int64_t line) {
    ++counts_[static_cast<std::size_t>(problem)];
    file_.add(fmt::format("{},{},{},{},{}\n", problem_name(problem), line > 0 ? std::to_string(line) : "",
                          csv_field(one_line(id)), csv_field(one_line(path)), csv_field(one_line(why))));
}

}  // namespace emulsion::apps
