// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a photo's score is, from what is known of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/dataset/metadata_file.h"

namespace emulsion::apps {

/// A definition of the score, by the word that chose it:
///   log-views      log2((views + 1) / days), the paper's
///   views/days     views / days
///   stars/views    stars / views; of a photo without views, its stars
///   another word   the column of this name
/// Days are from the upload to a date that is known only once all lines are read, at least 1. So a score is
/// made in two steps, and between them a photo is two numbers.
class Score {
   public:
    explicit Score(const std::string& word);

    const std::string& word() const { return word_; }
    std::string formula() const;  ///< for people
    bool needs_date() const { return kind_ == Kind::log_views || kind_ == Kind::views; }
    const std::vector<Field>& wanted() const { return wanted_; }
    /// The column that holds the score; empty if none does.
    std::string rating_column() const { return kind_ == Kind::rating ? word_ : ""; }

    /// What the score is of, before days have a say.
    double measure(const PhotoLine& line) const;
    /// The score; times in Unix seconds.
    double finish(double measure, double uploaded, double as_of) const;

   private:
    enum class Kind { log_views, views, stars, rating };
    std::string word_;
    Kind kind_;
    std::vector<Field> wanted_;
};

/// "2014-06-30" (its midnight, UTC) or Unix seconds up to the year 9999, in Unix seconds. Error(usage) for
/// anything else.
std::int64_t parse_date(const std::string& text, const std::string& option);
/// "2014-06-30 11:59:59 UTC"
std::string date_text(std::int64_t unix_seconds);

}  // namespace emulsion::apps
