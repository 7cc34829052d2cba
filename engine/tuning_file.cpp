// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/tuning_file.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "emulsion/error.h"
#include "engine/files.h"

namespace emulsion {
namespace {

constexpr const char* format = "emulsion tuning 1";
constexpr std::size_t most_bytes = std::size_t{16} << 20, most_records = 1000;

[[noreturn]] void broken(const std::string& path, const std::string& why) {
    throw Error(Error::Kind::data, path + ": no tuning file: " + why);
}

const std::string& text(const json::Value& record, const char* key, const std::string& path) {
    const json::Value* const value = record.find(key);
    const auto* const found = value == nullptr ? nullptr : value->get<std::string>();
    if (found == nullptr) broken(path, std::string("a record lacks the text \"") + key + "\"");
    return *found;
}

double milliseconds(const json::Value& record, const char* key, const std::string& path) {
    const json::Value* const value = record.find(key);
    const auto* const found = value == nullptr ? nullptr : value->get<double>();
    if (found == nullptr || !std::isfinite(*found) || *found < 0)
        broken(path, std::string("a record's \"") + key + "\" is no time");
    return *found;
}

std::vector<std::string> texts(const json::Value& record, const char* key, const std::string& path) {
    const json::Value* const value = record.find(key);
    const auto* const list = value == nullptr ? nullptr : value->get<json::Array>();
    if (list == nullptr) broken(path, std::string("a record lacks the list \"") + key + "\"");
    std::vector<std::string> all;
    for (const json::Value& each : *list) {
        const auto* const found = each.get<std::string>();
        if (found == nullptr) broken(path, std::string("a record's \"") + key + "\" is no list of texts");
        all.push_back(*found);
    }
    return all;
}

json::Array list_of(const std::vector<std::string>& texts) {
    return {texts.begin(), texts.end()};
}

json::Value to_json(const TuningRecord& record) {
    return json::Object{{"device", record.key.device},
                        {"settings", record.key.settings},
                        {"milliseconds", record.milliseconds},
                        {"by_order_milliseconds", record.by_order_milliseconds},
                        {"operations", list_of(record.key.operations)},
                        {"implementations", list_of(record.names)}};
}

TuningRecord from_json(const json::Value& value, const std::string& path) {
    TuningRecord record;
    record.key = {text(value, "device", path), text(value, "settings", path),
                  texts(value, "operations", path)};
    record.names = texts(value, "implementations", path);
    record.milliseconds = milliseconds(value, "milliseconds", path);
    record.by_order_milliseconds = milliseconds(value, "by_order_milliseconds", path);
    if (record.names.size() != record.key.operations.size() && !record.names.empty())
        broken(path, "a record has other numbers of operations and implementations");
    return record;
}

std::string text_of(const std::vector<TuningRecord>& records) {
    json::Array list;
    for (const TuningRecord& each : records) list.push_back(to_json(each));
    return json::write(json::Object{{"format", format}, {"records", std::move(list)}}) + "\n";
}

/// An empty file, or one that begins as a tuning file of any version does.
bool may_replace(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) return false;
    std::string begin(64, ' ');
    std::ifstream file(path);
    file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
    return file.gcount() == 0 || begin.find("\"emulsion tuning") != std::string::npos;
}

void make_folder_of(const std::string& path) {
    std::error_code failed;
    if (const auto folder = std::filesystem::path(path).parent_path(); !folder.empty())
        std::filesystem::create_directories(folder, failed);  // if it fails, so does the file
}

}  // namespace

TuningFile::TuningFile(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return;
    if (!std::filesystem::is_regular_file(path, ignored)) broken(path, "it is no regular file");
    const json::Value all = json::parse(read_text(path, most_bytes), path, most_bytes);
    const json::Value* const named = all.find("format");
    if (named == nullptr || *named != json::Value(format)) broken(path, "it does not say that it is one");
    const json::Value* const records = all.find("records");
    const auto* const list = records == nullptr ? nullptr : records->get<json::Array>();
    if (list == nullptr || list->size() > most_records) broken(path, "it holds no list of records");
    for (const json::Value& each : *list) records_.push_back(from_json(each, path));
}

const TuningRecord* TuningFile::find(const TuningKey& key) const {
    const auto found =
        std::find_if(records_.begin(), records_.end(), [&](const auto& each) { return each.key == key; });
    return found == records_.end() ? nullptr : &*found;
}

std::vector<TuningRecord> TuningFile::records_to_keep(const std::string& path) {
    try {
        return TuningFile(path).records_;
    } catch (const Error&) {
        // A broken one is written anew; what was never one is somebody's.
        if (may_replace(path)) return {};
        throw Error(Error::Kind::usage, path + ": it is there already, and is no tuning file");
    }
}

void TuningFile::require_writable(const std::string& path) {
    records_to_keep(path);
    make_folder_of(path);
    const AtomicFile can_be_made(path);  // and goes away
}

void TuningFile::add_to(const std::string& path, const TuningRecord& record) {
    std::vector<TuningRecord> records = records_to_keep(path);
    std::erase_if(records, [&](const auto& each) { return each.key == record.key; });
    records.push_back(record);
    std::string text = text_of(records);
    while (records.size() > most_records || text.size() > most_bytes) {
        records.erase(records.begin());
        text = text_of(records);
    }
    make_folder_of(path);
    AtomicFile file(path);
    file.append(text);
    file.commit();
}

}  // namespace emulsion
