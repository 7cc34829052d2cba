// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "emulsion/trace.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <new>
#include <string_view>
#include <utility>

#include "emulsion/error.h"
#include "engine/files.h"
#include "engine/json.h"

namespace emulsion {
namespace {

/// How every trace begins, and little else.
constexpr std::string_view opening = "{\"displayTimeUnit\":\"ms\",\"otherData\":{\"dropped spans\":";

json::Value text(const std::string& given) {
    return json::mended(given);
}

json::Value value_of(const Trace::Argument& argument) {
    if (const auto* words = std::get_if<std::string>(&argument.value)) return text(*words);
    const double number = std::get<double>(argument.value);
    if (std::isfinite(number)) return number;
    return std::isnan(number) ? "NaN" : "infinite";  // JSON has no such numbers
}

/// A track's number in the file: on Linux nothing but the idle thread is number 0, and viewers know that.
int shown(int track) {
    return track + 1;
}

/// A name of the process or of a track.
std::string naming(const char* what, int track, json::Object arguments) {
    return json::write(json::Object{
        {"ph", "M"}, {"pid", 1}, {"tid", shown(track)}, {"name", what}, {"args", std::move(arguments)}});
}

}  // namespace

Trace::Trace(std::size_t most_spans) : most_spans_(most_spans) {
    name_thread("main");
}

int Trace::new_track(const std::string& name) {
    tracks_.push_back(name);
    return static_cast<int>(tracks_.size()) - 1;
}

void Trace::name_thread(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find(tracks_.begin(), tracks_.end(), name);
    threads_[std::this_thread::get_id()] =
        found == tracks_.end() ? new_track(name) : static_cast<int>(found - tracks_.begin());
}

int Trace::track_of_this_thread() {
    const auto known = threads_.find(std::this_thread::get_id());
    if (known != threads_.end()) return known->second;
    const int track = new_track("thread " + std::to_string(tracks_.size()));
    threads_[std::this_thread::get_id()] = track;
    return track;
}

int Trace::describe(const std::string& name, const std::string& category,
                    const std::vector<Argument>& arguments) {
    json::Object all;
    for (const Argument& each : arguments) all.emplace_back(json::mended(each.name), value_of(each));
    std::string members =
        json::write(json::Object{{"name", text(name)}, {"cat", text(category)}, {"args", std::move(all)}});
    members = members.substr(1, members.size() - 2);

    const std::lock_guard lock(mutex_);
    // Where no span finds room any more, no description is needed either.
    if (marks_.size() == most_spans_) return 0;
    const auto [place, fresh] =
        numbers_.try_emplace(std::move(members), static_cast<int>(descriptions_.size()));
    if (fresh) descriptions_.push_back(&place->first);
    return place->second;
}

void Trace::add(int description, Time begin, Time end) noexcept {
    const auto since_start = [this](Time time) {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(time - start_).count();
    };
    const std::int64_t from = std::max<std::int64_t>(since_start(begin), 0);
    const std::int64_t length = std::max<std::int64_t>(since_start(end) - from, 0);
    const std::lock_guard lock(mutex_);
    try {
        if (marks_.size() < most_spans_) {
            marks_.push_back({track_of_this_thread(), description, from, length});
            return;
        }
    } catch (const std::bad_alloc&) {
        // No room either way.
    }
    ++dropped_;
}

std::size_t Trace::size() const {
    const std::lock_guard lock(mutex_);
    return marks_.size();
}

std::size_t Trace::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

/// By begin, and a span before those within it.
std::vector<Trace::Mark> Trace::in_order() const {
    std::vector<Mark> marks = marks_;
    std::stable_sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.length > b.length;
    });
    return marks;
}

void Trace::require_writable(const std::string& path) {
    if (path.empty()) throw Error(Error::Kind::usage, "the file for a trace needs a name");
    const AtomicFile probe(path);  // refuses what is no regular file, too
    std::string beginning(opening.size(), '\0');
    std::ifstream existing(path, std::ios::binary);
    if (existing.is_open()) {
        existing.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
        if (existing.gcount() > 0 && beginning != opening)
            throw Error(Error::Kind::usage, path + ": it is there already, and is no trace");
    }
}

void Trace::write(const std::string& path) const {
    require_writable(path);
    const std::lock_guard lock(mutex_);
    AtomicFile file(path);
    file.append(std::string(opening) + std::to_string(dropped_) + "},\"traceEvents\":[\n");
    file.append(naming("process_name", 0, {{"name", "emulsion"}}));
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        const auto track = static_cast<int>(i);
        file.append(",\n" + naming("thread_name", track, {{"name", text(tracks_[i])}}));
        file.append(",\n" + naming("thread_sort_index", track, {{"sort_index", track}}));
    }
    std::string lines;
    constexpr std::size_t chunk = std::size_t{1} << 20;
    for (const Mark& mark : in_order()) {
        std::array<char, 128> numbers{};  // in microseconds, as the format has them
        const int length = std::snprintf(
            numbers.data(), numbers.size(),
            ",\n{\"ph\":\"X\",\"pid\":1,\"tid\":%d,\"ts\":%lld.%03d,\"dur\":%lld.%03d,", shown(mark.track),
            static_cast<long long>(mark.begin / 1000), static_cast<int>(mark.begin % 1000),
            static_cast<long long>(mark.length / 1000), static_cast<int>(mark.length % 1000));
        lines.append(numbers.data(), static_cast<std::size_t>(length));
        lines += *descriptions_[static_cast<std::size_t>(mark.description)];
        lines += '}';
        if (lines.size() >= chunk) file.append(std::exchange(lines, {}));
    }
    file.append(lines + "\n]}\n");
    file.commit();
}

}  // namespace emulsion
