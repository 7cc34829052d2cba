// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/features/feature_files.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "data/feature_text.h"
#include "data/files.h"

namespace emulsion::apps {
namespace {

std::string stem_of(const std::string& path) {
    return path.ends_with(".npy") ? path.substr(0, path.size() - 4) : path;
}

}  // namespace

std::vector<std::string> FeatureFiles::names(const std::string& path, FeatureFormat format) {
    std::vector<std::string> names{path};
    if (format == FeatureFormat::npy) names.push_back(stem_of(path) + ".labels.npy");
    if (format != FeatureFormat::csv) names.push_back(stem_of(path) + ".photos.txt");
    return names;
}

FeatureFiles::FeatureFiles(const std::string& path, FeatureFormat format, std::int64_t columns,
                           const std::string& settings, bool restart)
    : path_(path),
      labels_path_(stem_of(path) + ".labels.npy"),
      photos_path_(stem_of(path) + ".photos.txt"),
      progress_path_(path + ".progress"),
      format_(format) {
    progress_.emplace(progress_path_);  // before all others: it keeps other runs away from them
    const std::vector<Mark> marks = restart ? std::vector<Mark>{} : read_marks(settings);
    if (marks.empty()) remove_parts();  // what no progress is told of is of unknown origin
    try {
        open(settings, columns, marks);
    } catch (...) {
        keep();
        if (marks.empty()) remove_all();
        throw;
    }
}

void FeatureFiles::open(const std::string& settings, std::int64_t columns, const std::vector<Mark>& marks) {
    if (format_ == FeatureFormat::npy) {
        numbers_.emplace(path_, NpyType::f4, columns, NpyWriter::Start::resume);
        labels_.emplace(labels_path_, NpyType::i4, 0, NpyWriter::Start::resume);
    } else {
        text_.emplace(part(path_));
    }
    if (format_ != FeatureFormat::csv) photos_.emplace(part(photos_path_));
    go_back_to_last(marks);
    if (place_.samples == 0) {
        progress_->truncate(0);
        if (text_) text_->truncate(0);
        progress_->append(settings + "\n");
        if (format_ == FeatureFormat::csv) text_->append(csv_header(columns));
        settle(0);
    }
}

FeatureFiles::~FeatureFiles() {
    keep();
    if (progress_ && place_.rows == 0) remove_all();
}

void FeatureFiles::keep() {
    if (numbers_) numbers_->keep();
    if (labels_) labels_->keep();
}

// The first line tells the settings; each other one is "samples rows bytes bytes". One that was cut short by
// the end of a run has no line end.
std::vector<FeatureFiles::Mark> FeatureFiles::read_marks(const std::string& settings) const {
    std::ifstream file(progress_path_, std::ios::binary);
    std::string line;
    if (!std::getline(file, line) || file.eof()) return {};
    if (line != settings)
        throw Error(Error::Kind::usage,
                    one_line(fmt::format("{} is of a run with other settings, which was interrupted: go on "
                                         "as it was begun, or give --restart to forget it",
                                         progress_path_)));
    std::vector<Mark> marks;
    for (Mark m; std::getline(file, line) && !file.eof();) {
        const char *at = line.data(), *const end = at + line.size();
        for (std::int64_t* number : {&m.place.samples, &m.place.rows, &m.text_bytes, &m.photos_bytes}) {
            const auto [next, error] = std::from_chars(at, end, *number);
            if (error != std::errc{} || *number < 0) return marks;
            at = next == end ? end : next + 1;
        }
        m.end = file.tellg();
        marks.push_back(m);
    }
    return marks;
}

bool FeatureFiles::reaches(const Mark& mark) const {
    const auto holds_rows = [&](const auto& file) { return !file || file->rows() >= mark.place.rows; };
    const auto holds_bytes = [](const auto& file, std::int64_t bytes) {
        return !file || file->bytes() >= bytes;
    };
    return holds_rows(numbers_) && holds_rows(labels_) && holds_bytes(text_, mark.text_bytes) &&
           holds_bytes(photos_, mark.photos_bytes);
}

void FeatureFiles::go_back_to_last(const std::vector<Mark>& marks) {
    Mark last;
    for (const Mark& mark : marks)
        if (reaches(mark)) last = mark;
    place_ = last.place;
    if (numbers_) numbers_->truncate(place_.rows);
    if (labels_) labels_->truncate(place_.rows);
    if (text_) text_->truncate(last.text_bytes);
    if (photos_) photos_->truncate(last.photos_bytes);
    progress_->truncate(last.end);
}

void FeatureFiles::append(const Sample& sample, std::span<const float> features) {
    if (numbers_) numbers_->append(features);
    if (labels_) labels_->append(std::span(&sample.label, 1));
    if (text_)
        text_->append(format_ == FeatureFormat::csv ? csv_line(sample.path, sample.label, features)
                                                    : libsvm_line(sample.label, features));
    if (photos_) photos_->append(sample.path + "\n");
    ++place_.rows;
}

void FeatureFiles::settle(std::int64_t samples) {
    if (numbers_) numbers_->flush();
    if (labels_) labels_->flush();
    if (text_) text_->flush();
    if (photos_) photos_->flush();
    place_.samples = samples;
    progress_->append(fmt::format("{} {} {} {}\n", place_.samples, place_.rows, text_ ? text_->bytes() : 0,
                                  photos_ ? photos_->bytes() : 0));
    progress_->flush();
}

// All bytes go to the disk before the first name changes, so that a full one leaves the former files as they
// were. The features are gone first and come last: whoever finds them finds the rest.
void FeatureFiles::commit() {
    if (labels_) labels_->seal();
    if (photos_) photos_->sync();
    if (numbers_) numbers_->seal();
    if (text_) text_->sync();
    std::error_code ignored;
    if (format_ != FeatureFormat::csv) std::filesystem::remove(path_, ignored);
    if (labels_) labels_->commit();
    labels_.reset();
    if (photos_) photos_->rename(photos_path_);
    if (numbers_) numbers_->commit();
    numbers_.reset();
    if (text_) text_->rename(path_);
    std::filesystem::remove(progress_path_, ignored);
    progress_.reset();
}

void FeatureFiles::remove_parts() const {
    std::error_code ignored;
    for (const std::string& file : {path_, labels_path_, photos_path_})
        std::filesystem::remove(part(file), ignored);
}

void FeatureFiles::remove_all() const {
    remove_parts();
    std::error_code ignored;
    std::filesystem::remove(progress_path_, ignored);
}

}  // namespace emulsion::apps
