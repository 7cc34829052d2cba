// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/score.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace emulsion::apps {
namespace {

using std::chrono::floor;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

/// All of `text` as a whole number.
template <class Number>
bool read_number(std::string_view text, Number& value) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Score::Score(const std::string& word) : word_(word) {
    if (word == "log-views") {
        kind_ = Kind::log_views;
        wanted_ = {Field::views, Field::time};
    } else if (word == "views/days") {
        kind_ = Kind::views;
        wanted_ = {Field::views, Field::time};
    } else if (word == "stars/views") {
        kind_ = Kind::stars;
        wanted_ = {Field::stars, Field::views};
    } else {
        kind_ = Kind::rating;
        wanted_ = {Field::rating};
    }
}

std::string Score::formula() const {
    switch (kind_) {
        case Kind::log_views:
            return "log2((views + 1) / days)";
        case Kind::views:
            return "views / days";
        case Kind::stars:
            return "stars / views";
        case Kind::rating:
            break;
    }
    return word_;
}

double Score::measure(const PhotoLine& line) const {
    switch (kind_) {
        case Kind::log_views:
            return line[Field::views] + 1;
        case Kind::views:
            return line[Field::views];
        case Kind::stars:
            return line[Field::stars] / std::max(line[Field::views], 1.0);
        case Kind::rating:
            break;
    }
    return line[Field::rating];
}

double Score::finish(double measure, double uploaded, double as_of) const {
    constexpr double seconds_a_day = 86400;
    const double days = std::max((as_of - uploaded) / seconds_a_day, 1.0);
    switch (kind_) {
        case Kind::log_views:
            return std::log2(measure / days) + 0.0;  // not -0
        case Kind::views:
            return measure / days;
        default:
            return measure;
    }
}

std::int64_t parse_date(const std::string& text, const std::string& option) {
    constexpr std::int64_t end_of_9999 = 253402300799;
    std::int64_t unix_seconds = 0;
    if (read_number(text, unix_seconds) && unix_seconds >= 0 && unix_seconds <= end_of_9999)
        return unix_seconds;
    int year = 0;
    unsigned month = 0, day = 0;
    const std::string_view view(text);
    if (text.size() == 10 && text[4] == '-' && text[7] == '-' && read_number(view.substr(0, 4), year) &&
        read_number(view.substr(5, 2), month) && read_number(view.substr(8, 2), day)) {
        const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                               std::chrono::day(day)};
        if (date.ok()) return seconds(sys_days(date).time_since_epoch()).count();
    }
    throw Error(Error::Kind::usage,
                fmt::format("{} {}: a date like 2014-06-30 or Unix seconds are wanted", option, text));
}

std::string date_text(std::int64_t unix_seconds) {
    const sys_seconds time{seconds(unix_seconds)};
    const auto day = floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", int{date.year()}, unsigned{date.month()},
                       unsigned{date.day()}, clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count());
}

}  // namespace emulsion::apps
